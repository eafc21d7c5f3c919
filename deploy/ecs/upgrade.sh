#!/bin/sh
# Installs this checkout beside the release that runs and switches to it: sudo deploy/ecs/upgrade.sh
# What is in hand is handed back and gone on with. If a worker does not start, the old release comes back.
. "$(dirname "$0")/release.sh"
need_root
[ -e "$HOME_DIR/current" ] || fail "nothing is installed yet; run deploy/ecs/install.sh"
old=$(readlink "$HOME_DIR/current")
older=$(readlink "$HOME_DIR/previous" || true)
release=$(build)
check_new "$release"
install_units "$release"
point previous "$old"
point current "$release"
if ! restart_workers; then
	point current "$old"
	install_units "$old"
	retire_units "$release" "$old"
	restart_workers || true
	if [ -n "$older" ]; then point previous "$older"; else rm -f "$HOME_DIR/previous"; fi
	rm -rf "$release"
	fail "a worker does not start with the new release; the old one runs again (see journalctl -u 'aliyun-ops@*')"
fi
retire_units "$old" "$release"
name_stopped_workers
enable_timers "$old"
# Two stay: the one that runs and the one to go back to.
for other in "$HOME_DIR"/releases/*; do
	[ "$other" = "$release" ] || [ "$other" = "$old" ] || rm -rf "$other"
done
put_command
echo "Upgraded to $release; back with: $release/deploy/ecs/rollback.sh"
