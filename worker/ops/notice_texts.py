"""The notifications' part of the table of texts, in English and in Chinese; short, for a phone."""

from collections.abc import Mapping

NOTICE_TEXTS: Mapping[str, tuple[str, str]] = {
    "notice.title.started": ("Being reclaimed: {who}", "正在被回收：{who}"),
    "notice.title.recovered": ("Recovered: {who}", "已恢复：{who}"),
    "notice.title.degraded": ("Recovered, not all kept: {who}", "已恢复，但有内容未能保留：{who}"),
    "notice.title.called_off": ("False alarm: {who}", "误报：{who}"),
    "notice.title.parked": ("Needs you: {who}", "需要人工处理：{who}"),
    "notice.title.quarantined": (
        "One replacement too many: {who}",
        "多出一台替代实例：{who}",
    ),
    "notice.title.beside": ("Two copies run: {who}", "两台同时在运行：{who}"),
    "notice.message": ("a message", "一条消息"),
    "notice.where": ("{source} in {region}", "{source}（{region}）"),
    "notice.started": (
        "The cloud reclaims it; release in about {left} s.",
        "云平台正在回收，约 {left} 秒后释放。",
    ),
    "notice.started_late": ("The cloud reclaims it.", "云平台正在回收。"),
    "notice.saved": ("Saved: {things}", "已保存：{things}"),
    "notice.saved.image": ("image {image}", "镜像 {image}"),
    "notice.saved.begun": ("image {image} (being made)", "镜像 {image}（制作中）"),
    "notice.saved.disks.one": ("1 disk outlives it", "1 块磁盘会保留"),
    "notice.saved.disks": ("{number} disks outlive it", "{number} 块磁盘会保留"),
    "notice.saved.nothing": ("nothing yet", "暂无"),
    "notice.next.started": (
        "Next: the replacement starts from the image. Nothing to do for you.",
        "接下来：由镜像启动替代实例，无需操作。",
    ),
    "notice.runs": (
        "{replacement} runs in its place, {seconds} s after the notice.",
        "通知后 {seconds} 秒，{replacement} 已代替它运行。",
    ),
    "notice.runs_itself": (
        "It was started again itself, {seconds} s after the notice.",
        "通知后 {seconds} 秒，原实例已重新启动。",
    ),
    "notice.server": ("Now: {server}", "现在：{server}"),
    "notice.check": (
        "To do: check that your service answers on {address}.",
        "请确认业务在 {address} 上正常响应。",
    ),
    "notice.check_it": (
        "To do: check that your service answers.",
        "请确认业务正常响应。",
    ),
    "notice.not_kept": ("Not kept: {what}: {why}", "未保留：{what}：{why}"),
    "notice.bought": (
        "It is pay-as-you-go: no spot stock was left.",
        "抢占式无库存，已按量付费启动。",
    ),
    "notice.receipt": ("Details: aliyun-ops receipt {id}", "详情：aliyun-ops receipt {id}"),
    "notice.called_off": (
        "It keeps running and nothing was replaced: {why}",
        "它继续运行，未做替换：{why}",
    ),
    "notice.parked": ("It stopped: {why}", "已停下：{why}"),
    "notice.parked_code": ("It stopped: {why} ({code})", "已停下：{why}（{code}）"),
    "notice.advice": ("To do: {advice}", "请处理：{advice}"),
    "notice.look": ("Look: aliyun-ops dlq show {id}", "查看：aliyun-ops dlq show {id}"),
    "notice.replay": (
        "Then run: aliyun-ops dlq replay {id}",
        "然后运行：aliyun-ops dlq replay {id}",
    ),
    "notice.list": ("Look: aliyun-ops dlq list", "查看：aliyun-ops dlq list"),
    "notice.extra": (
        "{kept} stays; {extra} is marked and was not deleted.",
        "保留 {kept}；{extra} 已标记，未删除。",
    ),
    "notice.extra_todo": (
        "To do: look at {extra}, then delete it by hand; it costs money until then.",
        "请查看 {extra} 后手动删除，在此之前会持续计费。",
    ),
    "notice.beside": (
        "{extra} was not reclaimed after all and still runs beside its replacement {kept}.",
        "{extra} 最终没有被回收，仍与替代实例 {kept} 同时运行。",
    ),
    "notice.beside_todo": (
        "To do now: stop {extra} or {kept} by hand, before both do the same work; both cost money.",
        "请立即手动停止 {extra} 或 {kept} 其中一台，以免重复执行业务；两台都会计费。",
    ),
    "notice.merged": ("{number} notices: {counts}", "{number} 条通知：{counts}"),
    "notice.count.started": ("{number} being reclaimed", "{number} 台正在被回收"),
    "notice.count.recovered": ("{number} recovered", "{number} 台已恢复"),
    "notice.count.degraded": (
        "{number} recovered with something not kept",
        "{number} 台已恢复但有内容未保留",
    ),
    "notice.count.called_off.one": ("1 false alarm", "1 台误报"),
    "notice.count.called_off": ("{number} false alarms", "{number} 台误报"),
    "notice.count.parked.one": ("1 needs you", "1 台需要人工处理"),
    "notice.count.parked": ("{number} need you", "{number} 台需要人工处理"),
    "notice.count.quarantined": (
        "{number} with a replacement too many",
        "{number} 台多出替代实例",
    ),
    "notice.names": ("{count}: {names}", "{count}：{names}"),
    "notice.receipts": ("Details: aliyun-ops receipt", "详情：aliyun-ops receipt"),
    "notice.sweep": (
        "Instances to delete by hand: aliyun-ops sweep",
        "需手动删除的实例：aliyun-ops sweep",
    ),
    "notify.test": (
        "This is a test of the notifications of aliyun-ops; nothing has happened.",
        "这是 aliyun-ops 的通知测试，没有发生任何事。",
    ),
    "notify.sent": ("channel {label}: sent", "渠道 {label}：已发送"),
    "notify.failed": ("channel {label}: failed: {why}", "渠道 {label}：失败：{why}"),
    "notify.unusable": (
        "channel {label}: not an address that can be used",
        "渠道 {label}：地址不可用",
    ),
    "notify.would": ("would send to channel {label}", "将发送到渠道 {label}"),
}
