"""What only the page of a receipt says, in English and in Chinese."""

from collections.abc import Mapping

PAGE_TEXTS: Mapping[str, tuple[str, str]] = {
    "page.title": ("Receipt: {source}", "回执：{source}"),
    "page.picture": (
        "Timeline in seconds after the notice; the release was announced for {number} s after it",
        "时间线，单位为通知后的秒数；预告释放在通知后 {number} 秒",
    ),
    "page.notice": ("notice: {number} s until the release", "通知期：{number} 秒后释放"),
    "page.every_time": ("Every time and resource (UTC)", "全部时间与资源（UTC）"),
    "page.same": ("kept", "保留"),
    "page.changed": ("changed", "已变"),
    "page.new": ("new", "新"),
    "page.lost": ("lost", "丢失"),
    "page.counted": (
        "{same} kept, {changed} changed, {lost} lost, {new} new",
        "保留 {same} 项，变化 {changed} 项，丢失 {lost} 项，新增 {new} 项",
    ),
    "page.in_place": (
        "Everything on it is there: the server has its own disk again.",
        "数据全部都在：服务器仍使用自己的磁盘。",
    ),
    "page.on_it": (
        "It is set as it was: there is nothing to do with it.",
        "磁盘设置与之前相同：无需操作。",
    ),
    "page.in_no_image": ("No image holds what was on it.", "没有镜像包含其中的数据。"),
    "page.disk_kept": (
        (
            "The disk itself is kept: if something written later is missing, attach it to an instance in {zone}; "
            "else delete it once the date in its tag spot-recreation:delete-after has passed."
        ),
        (
            "磁盘本身已保留：如缺少之后写入的数据，请把它挂载到 {zone} 的实例；"
            "否则在标签 spot-recreation:delete-after 的日期之后删除。"
        ),
    ),
    "page.disk_only_copy": (
        "The disk itself is kept and is the only copy: attach it to an instance in {zone}, and do not delete it.",
        "磁盘本身已保留，且是唯一副本：请把它挂载到 {zone} 的实例，不要删除。",
    ),
    "page.disk_attached": (
        "The disk itself is on the replacement, with all that was ever written to it.",
        "磁盘本身已在替代实例上，包含写入过的全部数据。",
    ),
    "page.disk_gone": (
        "The disk itself goes with the source: what was written later cannot be had again.",
        "磁盘本身随源实例释放：之后写入的数据无法找回。",
    ),
    "page.footer": (
        "Recreation {id} · account {account} · lineage {lineage} · written {at} UTC",
        "重建 {id} · 账号 {account} · 谱系 {lineage} · 写于 {at} UTC",
    ),
}
