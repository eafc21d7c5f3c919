#!/bin/sh
# Installs this checkout as the first release, with one worker and the timers: sudo deploy/ecs/install.sh [WORKERS]
case ${1:-} in -h | --help)
	echo "Usage: sudo deploy/ecs/install.sh [WORKERS]"
	echo "Installs this checkout as the first release, with so many workers (1 if not given) and the timers."
	exit
	;;
esac
. "$(dirname "$0")/release.sh"
need_root
WORKERS=${1:-1}
case $WORKERS in '' | *[!0-9]* | 0) fail "the number of workers is $WORKERS; give 1 or more" ;; esac
[ ! -e "$HOME_DIR/current" ] || fail "a release is installed already; run deploy/ecs/upgrade.sh"

if [ ! -e "$ETC/config.yaml" ] || [ ! -e "$ETC/environment" ]; then
	mkdir -p "$ETC"
	[ -e "$ETC/config.yaml" ] || cat "$SOURCE/config.yaml" >"$ETC/config.yaml"
	if [ ! -e "$ETC/environment" ]; then
		(umask 077 && printf 'ALIBABA_CLOUD_ACCOUNT_ID=\nALIBABA_CLOUD_REGION_ID=\nALIYUN_OPS_SIGNING_KEY=\n' >"$ETC/environment")
	fi
	fail "$ETC/environment and config.yaml are new: fill them in, then run this again (all workers share one signing key: openssl rand -hex 32)"
fi

release=$(build)
check_new "$release"
install_units "$release"
point current "$release"
number=1
while [ "$number" -le "$WORKERS" ]; do
	"$SYSTEMCTL" enable --now "aliyun-ops@$number.service"
	number=$((number + 1))
done
enable_timers
put_command
sleep "$SETTLE"
for worker in $(workers); do
	is_well "$worker" || fail "$worker does not keep running: see journalctl -u $worker, mend it, then systemctl restart $worker (the release stays installed)"
done
echo "Installed $release with $WORKERS worker(s); see them with: journalctl -u 'aliyun-ops@*' -f"
echo "Now see as root that nothing is wrong: aliyun-ops doctor"
