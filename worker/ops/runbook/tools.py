"""What to do about the words of notifications, `status`, `sweep` and `audit`; what they mean stands in the tables of texts."""

from collections.abc import Mapping

from worker.core.auditing import Loss, Survival, Why
from worker.core.leftovers import Reason
from worker.core.notices import Kind
from worker.ops.doctor_texts import Text
from worker.ops.recreations import Stage

_NOTHING = Text("Nothing.", "无需操作。")
_WAIT = Text(
    "Nothing; look again in a minute. No change for ten minutes: the alarm section [no worker](#spotrecreationnoworker).",
    "无需操作，一分钟后再看。十分钟没有变化：见[没有工作进程](#spotrecreationnoworker)。",
)

STAGES: Mapping[Stage, Text] = {
    Stage.KEPT: _WAIT,
    Stage.IMAGING: _WAIT,
    Stage.IMAGE_FAILED: Text(
        "`aliyun-ops dlq list`: [image_failed](#image_failed).",
        "运行 `aliyun-ops dlq list`：见 [image_failed](#image_failed)。",
    ),
    Stage.SAVED: Text(
        "The worker looks for stock. Half an hour without one: `aliyun-ops dlq list`, and [no_stock](#no_stock).",
        "工作进程正在找库存。半小时仍没有：运行 `aliyun-ops dlq list`，见 [no_stock](#no_stock)。",
    ),
    Stage.STARTING: _WAIT,
    Stage.RUNNING: Text(
        "The replacement serves; handover or clean-up still goes on.",
        "替代实例已在服务，移交或收尾还在进行。",
    ),
    Stage.DONE: _NOTHING,
    Stage.REPLACEMENT_ENDED: Text(
        "The replacement was stopped or reclaimed since. Reclaimed: it has a recreation of its own in this list. Not in it: `aliyun-ops reconcile`.",
        "替代实例后来被停止或回收。如被回收，列表中应有它自己的重建；没有则运行 `aliyun-ops reconcile`。",
    ),
    Stage.OVER: Text(
        "A false alarm, or a replacement that somebody has deleted. If you miss a server: launch from the image, which is kept.",
        "误报，或替代实例已被删除。如果少了服务器：镜像还在，可用它创建。",
    ),
}

NOTICES: Mapping[Kind, Text] = {
    Kind.PARKED: Text(
        "Now: `aliyun-ops dlq list`, and the section of its word under [Parked messages](#parked-messages).",
        "现在处理：运行 `aliyun-ops dlq list`，到[搁置的消息](#搁置的消息)中找对应小节。",
    ),
    Kind.QUARANTINED: Text(
        "Now, if two servers do work twice: [quarantined](#quarantined). Else by day.",
        "如果两台会重复执行业务，现在处理：见 [quarantined](#quarantined)；否则白天再说。",
    ),
    Kind.DEGRADED: Text(
        "See that the service answers, then what was not kept: [What a receipt says](#what-a-receipt-says).",
        "先确认业务有响应，再看有什么没保留：见[回执的内容](#回执的内容)。",
    ),
    Kind.RECOVERED: Text("See that the service answers; that is all.", "确认业务有响应即可。"),
    Kind.CALLED_OFF: _NOTHING,
    Kind.STARTED: Text(
        "Nothing; the next notification follows within minutes. None within a quarter of an hour: `aliyun-ops status`.",
        "无需操作，几分钟内会有下一条通知。一刻钟没有动静：运行 `aliyun-ops status`。",
    ),
}

# The kinds of messages that `status` sees.
MESSAGES: Mapping[str, Text] = {
    "notice": Text(
        "It should be gone within seconds. If it stays: [no worker](#spotrecreationnoworker).",
        "应在几秒内被取走。一直在：见[没有工作进程](#spotrecreationnoworker)。",
    ),
    "progress": Text(
        "A recreation between two looks; nothing to do.",
        "两次查看之间的重建，无需操作。",
    ),
    "parked": Text(
        "The word in brackets is its section under [Parked messages](#parked-messages).",
        "括号里的词对应[搁置的消息](#搁置的消息)中的小节。",
    ),
    "other": Text(
        "It is acknowledged and counted; the rule's pattern is wider than need be: `aliyun-ops rule plan`.",
        "会被确认并计数；规则的事件模式过宽：运行 `aliyun-ops rule plan`。",
    ),
    "unreadable": Text("[unreadable](#unreadable).", "见 [unreadable](#unreadable)。"),
}

SWEEP: Mapping[Reason, Text] = {
    Reason.DUE: Text(
        "`aliyun-ops sweep --apply` deletes it after a question.",
        "`aliyun-ops sweep --apply` 确认后删除。",
    ),
    Reason.UNUSED: Text(
        "`aliyun-ops sweep --apply` deletes it after a question.",
        "`aliyun-ops sweep --apply` 确认后删除。",
    ),
    Reason.REPLACEMENT: _NOTHING,
    Reason.QUARANTINED: Text("[quarantined](#quarantined).", "见 [quarantined](#quarantined)。"),
    Reason.OTHER_OWNER: Text(
        "Ask with the configuration of that deployment.", "用那套部署的配置运行。"
    ),
    Reason.EDITED: Text(
        "Look at its tags in the console. If it is really left over, delete it by hand.",
        "在控制台查看标签；确属遗留就手动删除。",
    ),
    Reason.CHANGED: Text(
        "Somebody works on it: ask, then sweep again.", "有人正在操作：问清后再运行。"
    ),
    Reason.OUTLIVES: Text("Delete it by hand if nobody misses it.", "确认无用后手动删除。"),
    Reason.NOT_RETAINED: Text(
        "A replacement has left it; look at what is on it, then delete it by hand.",
        "替代实例留下的盘：查看内容后手动删除。",
    ),
    Reason.UNDATED: Text(
        "Its recreation is under way or parked: `aliyun-ops dlq list`. Delete nothing of it.",
        "其重建正在进行或被搁置：运行 `aliyun-ops dlq list`。不要删除。",
    ),
    Reason.NOT_DUE: Text(
        "Wait, or shorten `cleanup.delete_after`.", "等待，或调小 `cleanup.delete_after`。"
    ),
    Reason.ATTACHED: Text("Somebody uses it.", "有人在用。"),
    Reason.UNFINISHED: Text("Wait until the work on it is over.", "等待操作完成。"),
    Reason.ONLY_COPY: Text(
        "Keep it. Launch from it or copy what you need; then delete it by hand.",
        "请保留。用它启动实例或拷出数据后再手动删除。",
    ),
    Reason.USED: Text("Release what uses it first.", "先释放使用它的资源。"),
    Reason.STRAYS: Text(
        "Delete the image by hand, then the snapshots that are named.",
        "手动删除镜像，再删除列出的快照。",
    ),
    Reason.LATER_WRITES: Text(
        "See whether something is missed: [get at it](#get-at-the-data-of-a-retained-disk). Then `aliyun-ops sweep --apply DISK`.",
        "确认有没有缺数据：[取回](#取回保留磁盘上的数据)。然后 `aliyun-ops sweep --apply DISK`。",
    ),
    Reason.ADDRESSES: Text(
        "See whether something still counts on its addresses: attach it to the replacement in the same zone, or `aliyun-ops sweep --apply ENI`.",
        "确认是否还有业务依赖它的地址：同可用区可挂载到替代实例，否则 `aliyun-ops sweep --apply ENI`。",
    ),
    Reason.OWN_ADDRESS: Text(
        "First see whether its recreation still goes on or is parked: `aliyun-ops status`, `aliyun-ops dlq list`. If users still have the address, bind it: `aliyun vpc AssociateEipAddress --RegionId REGION --AllocationId EIP --InstanceId INSTANCE --InstanceType EcsInstance`. Released with `aliyun vpc ReleaseEipAddress --RegionId REGION --AllocationId EIP`, it is gone for good.",
        "先确认其重建是否仍在进行或被搁置：`aliyun-ops status`、`aliyun-ops dlq list`。如果仍有人使用该地址，请绑定：`aliyun vpc AssociateEipAddress --RegionId REGION --AllocationId EIP --InstanceId INSTANCE --InstanceType EcsInstance`。用 `aliyun vpc ReleaseEipAddress --RegionId REGION --AllocationId EIP` 释放后无法找回。",
    ),
}

# By the key of `fate.` in the table of texts.
FATES: Mapping[str, Text] = {
    "deleted": _NOTHING,
    "gone": _NOTHING,
    "kept": Text(
        "It was not safe any more at the second look; the new reason stands beside it.",
        "复查时已不满足删除条件，新的原因写在旁边。",
    ),
    "refused": Text(
        "The code tells why; a permission is mended with `aliyun-ops doctor --policy sweep`.",
        "错误码说明原因；权限问题用 `aliyun-ops doctor --policy sweep` 生成的策略修复。",
    ),
    "unanswered": Text("Run `aliyun-ops sweep` again.", "再运行一次 `aliyun-ops sweep`。"),
}

SURVIVAL: Mapping[Survival, Text] = {
    Survival.YES: _NOTHING,
    Survival.LIKELY: Text(
        "Shorten its image when convenient: what `audit` says under “change”.",
        "方便时缩短镜像耗时：按 `audit` 的“建议”处理。",
    ),
    Survival.AT_RISK: Text(
        "This week: `aliyun-ops audit --fix`, which prepares its disks.",
        "本周内运行 `aliyun-ops audit --fix` 处理它的磁盘。",
    ),
    Survival.NO: Text(
        "Today: do what it says under “change”, or do not run this server on spot. Until then make backups of your own.",
        "当天按“建议”处理，或不要用抢占式实例运行它。在此之前自行备份。",
    ),
}

_FIX = Text("`aliyun-ops audit --fix`.", "运行 `aliyun-ops audit --fix`。")

WHYS: Mapping[Why, Text] = {
    Why.STAYS: _NOTHING,
    Why.IN_TIME: _NOTHING,
    Why.DISKS_OUTLIVE: _NOTHING,
    Why.RETAIN_NEEDED: _FIX,
    Why.IMAGE_LATE: _FIX,
    Why.LATE_AND_LOST: Text(
        "`aliyun-ops audit --fix` at once, and an automatic snapshot policy.",
        "立即运行 `aliyun-ops audit --fix`，并设置自动快照策略。",
    ),
    Why.LOCAL_DISK: Text(
        "Move the data to a cloud disk.",
        "把数据迁到云盘。",
    ),
    Why.NO_IMAGE: Text(
        "A lock or a state that forbids images: mend that first.",
        "锁定或状态不允许制作镜像：先解除。",
    ),
}

LOST: Mapping[Loss, Text] = {
    Loss.LOCAL_DISK: Text("Move the data to a cloud disk.", "把数据迁到云盘。"),
    Loss.GOES_ALONG: _FIX,
    Loss.NOT_PORTABLE: Text(
        "Make backups of your own, or use another category of disk.",
        "自行备份，或更换磁盘类型。",
    ),
    Loss.PUBLIC_IP: Text(
        "Turn it into an elastic one, or `handover.convert_public_ip: true`.",
        "转换为弹性公网 IP，或设置 `handover.convert_public_ip: true`。",
    ),
    Loss.ELASTIC_IP: Text(
        "Nothing: the worker binds it to the replacement with `handover.eip: true`.",
        "无需操作：`handover.eip: true` 时由工作进程绑定到替代实例。",
    ),
    Loss.PRIVATE_IP: Text(
        "Let others find it by name, or set `handover.private_ip: same_or_fast`.",
        "让其他服务通过域名访问，或设置 `handover.private_ip: same_or_fast`。",
    ),
    Loss.SECONDARY_IPS: Text(
        "Assign new ones to the replacement afterwards, or put them on a secondary interface.",
        "之后给替代实例分配新的地址，或改用辅助网卡承载。",
    ),
    Loss.INTERFACES: Text(
        "`handover.interfaces: true` carries them over to a replacement in the same zone.",
        "`handover.interfaces: true` 可将其移交给同可用区的替代实例。",
    ),
}
