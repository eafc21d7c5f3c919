# What install.sh, upgrade.sh and rollback.sh share; not run by itself.
#
#   /opt/aliyun-ops/releases/NAME   one directory per release, with its own virtual environment
#   /opt/aliyun-ops/current         link to the release that runs
#   /opt/aliyun-ops/previous        link to the one before
#
# ROOT, MAKE, SYSTEMCTL and SETTLE are for tests.
set -eu
ROOT=${ROOT:-}
MAKE=${MAKE:-make}
SYSTEMCTL=${SYSTEMCTL:-systemctl}
# Seconds in which a worker that cannot work ends: it has read its configuration and called the queue by then.
SETTLE=${SETTLE:-5}
HOME_DIR=$ROOT/opt/aliyun-ops
ETC=$ROOT/etc/aliyun-ops
UNITS=$ROOT/etc/systemd/system
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
	(cd "$SOURCE" && tar -cf - --exclude='./.?*' --exclude=./build --exclude=__pycache__ --exclude='*.egg-info' .) | tar -xf - -C "$target"
	"$MAKE" --silent -C "$target" setup >&2 || {
		rm -rf "$target"
		fail "the packages of the new release could not be installed; nothing has been changed"
	}
	echo "$target"
}

check() {
	# As the unit runs it: with the environment of the service.
	(set -a && . "$ETC/environment" && "$1/.venv/bin/aliyun-ops" --config "$ETC/config.yaml" config check) >&2 ||
		fail "the configuration in $ETC does not fit this release; nothing has been changed"
}

check_new() {
	(check "$1") || {
		rm -rf "$1"
		exit 1
	}
}

install_units() {
	mkdir -p "$UNITS"
	for unit in "$1"/deploy/ecs/*.service "$1"/deploy/ecs/*.timer; do
		cp "$unit" "$UNITS/"
	done
	"$SYSTEMCTL" daemon-reload
}

# All, or those that the given release did not have: what a person has disabled stays so.
enable_timers() {
	for timer in $TIMERS; do
		[ -e "${1:-/nowhere}/deploy/ecs/aliyun-ops-$timer.timer" ] ||
			"$SYSTEMCTL" enable --now "aliyun-ops-$timer.timer"
	done
}

workers() {
	"$SYSTEMCTL" list-units --plain --no-legend 'aliyun-ops@*.service' | awk '{print $1}'
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
