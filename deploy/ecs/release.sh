# What install.sh, upgrade.sh and rollback.sh share; not run by itself.
#
#   /opt/aliyun-ops/releases/NAME   one directory per release, with its own virtual environment
#   /opt/aliyun-ops/current         link to the release that runs
#   /opt/aliyun-ops/previous        link to the one before
#   /opt/aliyun-ops/environment.py  what /usr/local/bin/aliyun-ops reads the service's environment with
#
# ROOT, MAKE, SYSTEMCTL, SETTLE and HOMES are for tests. PYTHON names the interpreter, where python3 is another than 3.10 to 3.13.
set -eu
# The workers are nobody, and read what root writes here.
umask 022
ROOT=${ROOT:-}
MAKE=${MAKE:-make}
SYSTEMCTL=${SYSTEMCTL:-systemctl}
# Seconds in which a worker that cannot begin has ended: it has read its configuration by then. One that only cannot
# reach the queue, or has no credentials, never ends: it tries on for ever.
SETTLE=${SETTLE:-5}
# What ProtectHome=yes hides from the units.
HOMES=${HOMES:-/home /root /run/user}
HOME_DIR=$ROOT/opt/aliyun-ops
ETC=$ROOT/etc/aliyun-ops
UNITS=$ROOT/etc/systemd/system
COMMAND=$ROOT/usr/local/bin/aliyun-ops
# By this line the command is known for ours.
MARK='# Written by deploy/ecs of aliyun-ops.'
# Each has a file of its name.
TIMERS='reconcile dlq-keep sweep audit'
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)

fail() {
	echo "aliyun-ops: $*" >&2
	exit 1
}

need_root() {
	[ -n "$ROOT" ] || [ "$(id -u)" = 0 ] || fail "this changes /opt and /etc: run it as root"
}

# A link is replaced in one step: nobody ever sees none.
point() {
	ln -sfn "$2" "$HOME_DIR/$1.new"
	mv -Tf "$HOME_DIR/$1.new" "$HOME_DIR/$1"
}

release_name() {
	name=$(git -C "$SOURCE" describe --always --dirty 2>/dev/null) ||
		name=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$SOURCE/pyproject.toml")
	echo "$name-$(date -u +%Y%m%d%H%M%S)"
}

# Builds beside what runs; prints the directory.
build() {
	name=$HOME_DIR/releases/$(release_name)
	mkdir -p "$HOME_DIR/releases"
	target=$name
	again=1
	# Two in one second are two: taking the second back must not take the first away.
	until mkdir "$target" 2>/dev/null; do
		[ -d "$target" ] || fail "$target cannot be made; nothing has been changed"
		again=$((again + 1))
		target=$name.$again
	done
	(cd "$SOURCE" && tar -cf - --mode=go+rX --exclude='./.?*' --exclude=./build --exclude=__pycache__ --exclude='*.egg-info' .) | tar -xf - --no-same-owner -C "$target"
	# Bytecode, too: the units write none, and each start of a task would compile everything again.
	"$MAKE" --silent -C "$target" setup bytecode >&2 || {
		rm -rf "$target"
		fail "the packages of the new release could not be installed; nothing has been changed"
	}
	echo "$target"
}

# As the unit runs it: with the environment of the service and nothing of the shell's, whose keys no worker has.
as_service() {
	bin=$1/.venv/bin
	shift
	env -i PATH="$PATH" HOME=/ PYTHONDONTWRITEBYTECODE=1 "$bin/python" -I "$SOURCE/deploy/ecs/environment.py" \
		"$ETC/environment" "$bin/aliyun-ops" --config "$ETC/config.yaml" "$@"
}

check() {
	as_service "$1" config check >&2 ||
		fail "the configuration in $ETC does not fit this release; nothing has been changed"
}

# A worker without credentials would look well. The host may only be slow to answer: it is asked three times.
check_credentials() {
	for _ in 1 2 3; do
		said=$(as_service "$1" doctor --credentials 2>&1) && return
		sleep "$SETTLE"
	done
	echo "$said" >&2
	fail "a worker would have no credentials here: attach a RAM role to this instance, or write an access key into $ETC/environment, and run this again; nothing has been changed"
}

# An interpreter that only its owner sees would pass every check that is made here, and start no worker.
check_python() {
	python=$(readlink -f "$1/.venv/bin/python")
	for home in $HOMES; do
		case $python in "$home"/*)
			fail "the units cannot see $python, for it is below $home: run this again with one of the system, such as PYTHON=/usr/bin/python3; nothing has been changed"
			;;
		esac
	done
}

check_new() {
	(check_python "$1" && check "$1" && check_credentials "$1") || {
		rm -rf "$1"
		exit 1
	}
}

# Nothing in it is of one release: it stays as it is when an older one comes back.
put_command() {
	if { [ -e "$COMMAND" ] || [ -L "$COMMAND" ]; } && ! grep -qsxF "$MARK" "$COMMAND"; then
		echo "aliyun-ops: $COMMAND is another program and stays; the commands of the runbook need ours there: move it away and run deploy/ecs/upgrade.sh" >&2
		return
	fi
	cp "$SOURCE/deploy/ecs/environment.py" "$HOME_DIR/environment.py"
	mkdir -p "$(dirname "$COMMAND")"
	cat >"$COMMAND.new" <<-END
		#!/bin/sh
		$MARK
		# The program as the workers run it: their release, their configuration, their environment.
		ALIYUN_OPS_CONFIG=\${ALIYUN_OPS_CONFIG:-$ETC/config.yaml}
		export ALIYUN_OPS_CONFIG
		exec $HOME_DIR/current/.venv/bin/python -I $HOME_DIR/environment.py $ETC/environment $HOME_DIR/current/.venv/bin/aliyun-ops "\$@"
	END
	# Who may not read the environment is told so: that takes reading these two.
	chmod 644 "$HOME_DIR/environment.py"
	chmod 755 "$COMMAND.new"
	mv -f "$COMMAND.new" "$COMMAND"
}

install_units() {
	mkdir -p "$UNITS"
	for unit in "$1"/deploy/ecs/*.service "$1"/deploy/ecs/*.timer; do
		cp "$unit" "$UNITS/"
	done
	"$SYSTEMCTL" daemon-reload
}

# Takes away what only the first of two releases has: nothing of the second is meant to be started by it.
retire_units() {
	for unit in "$1"/deploy/ecs/*.service "$1"/deploy/ecs/*.timer; do
		name=${unit##*/}
		[ -e "$UNITS/$name" ] && [ ! -e "$2/deploy/ecs/$name" ] || continue
		# Of a template only the instances are ever enabled.
		case $name in *@.service) ;; *) "$SYSTEMCTL" disable --now "$name" ;; esac
		rm -f "$UNITS/$name"
		"$SYSTEMCTL" daemon-reload
		echo "aliyun-ops: $name is not of this release and has been taken away" >&2
	done
}

# All, or those that the given release did not have: what a person has disabled stays so.
enable_timers() {
	for timer in $TIMERS; do
		[ -e "${1:-/nowhere}/deploy/ecs/aliyun-ops-$timer.timer" ] ||
			"$SYSTEMCTL" enable --now "aliyun-ops-$timer.timer"
	done
}

# Those that run or are to: one that a person has stopped is not among them.
workers() {
	"$SYSTEMCTL" list-units --plain --no-legend 'aliyun-ops@*.service' | awk '{print $1}'
}

# systemd does not list what is stopped, nor count an instance among its unit files: the links of `enable` tell.
name_stopped_workers() {
	running=$(workers)
	for link in "$UNITS"/multi-user.target.wants/aliyun-ops@*.service; do
		worker=${link##*/}
		[ -L "$link" ] && ! echo "$running" | grep -qxF "$worker" || continue
		echo "aliyun-ops: $worker was stopped and stays so; start it with: systemctl start $worker" >&2
	done
}

# systemd starts a worker that ends for ever again, so that one which "is active" may be on its next try.
is_well() {
	"$SYSTEMCTL" is-active --quiet "$1" && [ "$("$SYSTEMCTL" show --property NRestarts --value "$1")" = 0 ]
}

# One after the other: what the one hands back, the others go on with.
restart_workers() {
	for worker in $(workers); do
		"$SYSTEMCTL" restart "$worker" || return 1
		sleep "$SETTLE"
		is_well "$worker" || return 1
	done
}
