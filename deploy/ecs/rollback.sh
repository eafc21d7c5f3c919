#!/bin/sh
# Goes back to the release before: sudo deploy/ecs/rollback.sh
. "$(dirname "$0")/release.sh"
need_root
[ -e "$HOME_DIR/previous" ] || fail "there is no release to go back to"
old=$(readlink "$HOME_DIR/current")
release=$(readlink "$HOME_DIR/previous")
check "$release"
install_units "$release"
point current "$release"
point previous "$old"
retire_units "$old" "$release"
restart_workers || fail "a worker does not start; see journalctl -u 'aliyun-ops@*'"
name_stopped_workers
echo "Back to $release"
