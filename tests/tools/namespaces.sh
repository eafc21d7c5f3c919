#!/bin/sh
# Runs a program as process 1 of a machine of its own: namespaces over a copy of this one's files.
#
#   tests/tools/namespaces.sh [SOURCE=TARGET...] -- PROGRAM [ARGUMENT...]
#
# What is written there stays in memory and is gone with it; SOURCE is shown read-only as TARGET, and the network is this
# machine's. The first line on stdout is the process id of PROGRAM as seen from here. Whoever is killed on the way, with -9
# too, takes everything behind him along: mounts are in no namespace but these.
# Needs root, and fails where a namespace or a mount is refused.
set -eu
umask 022
# Where pivot_root and ldconfig are, which is on the path of root's own shells only.
export PATH="$PATH:/usr/sbin:/sbin"

# In a cgroup namespace the flags of the mount that the machine itself has stay as they are.
begin() {
	STAGE=around exec setpriv --pdeathsig TERM unshare --mount --cgroup "$0" "$@"
}

around() {
	scratch=$(mktemp -d)
	cgroup=
	trap forget EXIT
	mount -t tmpfs -o mode=755 tmpfs "$scratch"
	mkdir "$scratch/upper" "$scratch/work" "$scratch/cgroup" "$scratch/root"
	mount -t overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$scratch/root"
	mount -t cgroup2 cgroup2 "$scratch/cgroup"
	# systemd takes the cgroup that it finds itself in for the root of all.
	cgroup=$scratch/cgroup/aliyun-ops-test.$$
	mkdir "$cgroup"
	(
		echo 0 >"$cgroup/cgroup.procs"
		export SCRATCH="$scratch" STAGE=within
		exec setpriv --pdeathsig KILL unshare --kill-child --fork --pid --mount --uts --ipc --cgroup "$0" "$@"
	) &
	child=$!
	trap 'kill -KILL "$(cat "$scratch/pid")" || kill -KILL "$child"' HUP INT TERM
	code=0
	wait "$child" || code=$?
	# A signal ends the waiting, and not yet the child.
	wait "$child" || :
	exit "$code"
}

forget() {
	[ -z "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} + || :
	umount -l "$scratch" || :
	rmdir "$scratch"
}

within() {
	# This /proc is still the one outside.
	read -r outside _ </proc/self/stat
	cd "$SCRATCH/root"
	empty_places
	while [ "$1" != -- ]; do
		show "${1%%=*}" ".${1#*=}"
		shift
	done
	shift
	mount_what_a_machine_has
	echo "$outside" >"$SCRATCH/pid"
	echo "$outside"
	mkdir outside
	pivot_root . outside
	umount -l outside
	rmdir outside
	# Nothing that is the kernel's own is to be changed from there: neither the clock nor modules, audit, network or log.
	exec setpriv --bounding-set -audit_control,-audit_read,-mac_admin,-mac_override,-net_admin,-sys_module,-sys_rawio,-sys_time,-syslog \
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=other ${NOTIFY_SOCKET:+"NOTIFY_SOCKET=$NOTIFY_SOCKET"} "$@"
}

# Of this machine's own services none runs, nothing of its disks is mounted, and nothing of ours is installed.
empty_places() {
	rm -rf etc/systemd/system/* lib/systemd/system-generators lib/systemd/system/*.wants \
		etc/aliyun-ops opt/aliyun-ops usr/local/bin/aliyun-ops var/lib/aliyun-ops var/lib/private/aliyun-ops
	: >etc/fstab
	# Without one systemd would take this for a first boot and enable what it finds.
	echo 00000000000000000000000000000001 >etc/machine-id
	# Only the journal.
	mkdir etc/systemd/system/sysinit.target.wants
	ln -s /lib/systemd/system/systemd-journald.service etc/systemd/system/sysinit.target.wants/
	for place in dev opt run tmp; do
		mount -t tmpfs -o mode=755 tmpfs "$place"
	done
	chmod 1777 tmp
}

show() {
	mkdir -p "$2"
	mount --bind "$1" "$2"
	mount -o remount,bind,ro "$2"
}

mount_what_a_machine_has() {
	mount -t proc proc proc
	show proc/sys proc/sys
	mount -t sysfs -o ro sysfs sys
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	for node in full null random tty urandom zero; do
		: >"dev/$node"
		mount --bind "/dev/$node" "dev/$node"
	done
	mkdir dev/pts dev/shm
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
	mount -t tmpfs -o mode=1777 tmpfs dev/shm
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
}

"${STAGE:-begin}" "$@"
