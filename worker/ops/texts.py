"""Every text that people see of receipt, status and demo, in English and in Chinese: one table.

Keys of fixed words of the product begin with what the word is: `mark.` for a line of the timeline,
`outcome.`, `field.` for a line of the comparison, `step.`. A key with `.one` behind it is the text
for a `number` of 1.
"""

from collections.abc import Mapping

from worker.ops.audit_texts import AUDIT_TEXTS
from worker.ops.demo_texts import DEMO_TEXTS
from worker.ops.dlq_texts import DLQ_TEXTS
from worker.ops.doctor_texts import DOCTOR_TEXTS
from worker.ops.drill_texts import DRILL_TEXTS
from worker.ops.notice_texts import NOTICE_TEXTS
from worker.ops.page_texts import PAGE_TEXTS
from worker.ops.set_up_texts import SET_UP_TEXTS
from worker.ops.sweep_texts import SWEEP_TEXTS

TEXTS: Mapping[str, tuple[str, str]] = {
    # -- words -------------------------------------------------------------------------------------
    "seconds": ("{number} s", "{number} 秒"),
    "after_t0": ("T0 + {number} s", "T0 + {number} 秒"),
    "after_t0_at": ("T0 + {number} s ({clock} UTC)", "T0 + {number} 秒（{clock} UTC）"),
    "and_more": ("and {number} more", "等，另有 {number} 个"),
    "because": ("{what}: {why}", "{what}：{why}"),
    "same": ("=", "="),
    "changed": ("changed", "已变"),
    "new": ("new", "新"),
    "lost": ("lost", "丢失"),
    "none": ("none", "无"),
    "kind.system": ("system", "系统盘"),
    "kind.data": ("data", "数据盘"),
    "spot": ("spot", "抢占式"),
    "pay-as-you-go": ("pay-as-you-go", "按量付费"),
    # -- the timeline ------------------------------------------------------------------------------
    "mark.event received": ("notice received", "收到中断通知"),
    "mark.first look": ("source looked at", "已查看源实例"),
    "mark.confirmed by the cloud": ("confirmed by the cloud", "云端确认回收"),
    "mark.disks retained": ("disks will outlive it", "磁盘已设为保留"),
    "mark.source asked to quiesce": ("source asked to put its data in order", "通知源实例整理数据"),
    "mark.source quiesced": ("source has put its data in order", "源实例已整理好数据"),
    "mark.image accepted": ("image begun", "镜像开始制作"),
    "mark.image postponed": ("the cloud takes no image yet", "云暂不接受制作镜像"),
    "mark.image name taken": ("image found already begun", "发现镜像已在制作"),
    "mark.source captured": ("configuration recorded", "配置已记录"),
    "mark.image usable": ("image ready", "镜像可用"),
    "mark.source asked to stop": ("source asked to stop", "通知源实例停机"),
    "mark.source stopped or gone": ("source stopped", "源实例已停止"),
    "mark.image failed": ("image failed", "镜像失败"),
    "mark.image of its snapshots accepted": (
        "image of its snapshots begun",
        "用其快照制作镜像",
    ),
    "mark.system snapshot accepted": ("system snapshot begun", "系统盘快照开始制作"),
    "mark.rescue from the base image": ("rescue from the base image", "从基础镜像救援"),
    "mark.image of an automatic snapshot accepted": (
        "image of an automatic snapshot begun",
        "自动快照镜像开始制作",
    ),
    "mark.disk attached": ("disk attached itself", "磁盘已直接挂载"),
    "mark.start refused": ("start in place refused", "原地启动被拒绝"),
    "mark.source started in place": ("source running again", "源实例已重新运行"),
    "mark.replacement accepted": ("replacement ordered", "替代实例已下单"),
    "mark.elastic address moved": ("elastic address moved", "弹性公网 IP 已移交"),
    "mark.load balancer member moved": ("load balancer member moved", "负载均衡后端已移交"),
    "mark.network interface moved": ("network interface moved", "弹性网卡已移交"),
    "mark.replacement healthy": ("replacement healthy", "替代实例健康检查通过"),
    "mark.replacement running": ("replacement running", "替代实例运行中"),
    # -- the receipt -------------------------------------------------------------------------------
    "outcome.recovered": (
        "Recovered: {source} came back as {replacement}.",
        "已恢复：{source} 已由 {replacement} 接替。",
    ),
    "outcome.in_place": (
        "Recovered: {source} was started again; it is the same instance.",
        "已恢复：{source} 已重新启动，仍是同一台实例。",
    ),
    "outcome.unfinished": ("Not finished: {source}.", "未完成：{source}。"),
    "outcome.not_ours": ("Left alone: {source}.", "不处理：{source}。"),
    "outcome.false_alarm": ("False alarm: {source} keeps running.", "误报：{source} 继续运行。"),
    "outcome.superseded": (
        "Recreated for a later notice: {source}.",
        "已按更晚的通知重建：{source}。",
    ),
    "outcome.already_done": ("Already recreated: {source}.", "此前已重建：{source}。"),
    "receipt.in_time": (
        "Running {after} s after the notice, {left} s before the announced release.",
        "通知后 {after} 秒恢复运行，比预告的释放早 {left} 秒。",
    ),
    "receipt.late": (
        "Running {after} s after the notice, {late} s after the announced release.",
        "通知后 {after} 秒恢复运行，比预告的释放晚 {late} 秒。",
    ),
    "receipt.healthy": (
        "Its health check passed at try {number}.",
        "健康检查在第 {number} 次尝试时通过。",
    ),
    "receipt.not_healthy.one": (
        "Its health check did not pass in its only try: {why}.",
        "健康检查只尝试了 1 次，未通过：{why}。",
    ),
    "receipt.not_healthy": (
        "Its health check never passed in {number} tries: {why}.",
        "健康检查尝试 {number} 次始终未通过：{why}。",
    ),
    "receipt.notice": (
        "Notice (T0) {t0} UTC · release announced for T0 + {notice} s · {region} · recreation {id}",
        "通知时刻（T0）{t0} UTC · 预告释放 T0 + {notice} 秒 · {region} · 重建 {id}",
    ),
    "receipt.timeline": ("Timeline", "时间线"),
    "receipt.release": ("release", "释放"),
    "receipt.compare": ("Source and replacement", "源实例与替代实例"),
    "receipt.compare_in_place": ("The server before and after", "服务器前后对比"),
    "receipt.before": ("before", "之前"),
    "receipt.after": ("now", "现在"),
    "receipt.source": ("source", "源实例"),
    "receipt.replacement": ("replacement", "替代实例"),
    "receipt.data": ("Data", "数据"),
    "receipt.handed_over": ("Handed over to the replacement", "已移交给替代实例"),
    "receipt.not_kept": ("Not kept, and why", "未能保留的内容及原因"),
    "receipt.all_kept": (
        "Nothing but the instance id and what the table shows as changed.",
        "除实例 ID 和表中标为“已变”的项目外，全部保留。",
    ),
    "receipt.all_kept_in_place": (
        "Nothing but what the table shows as changed.",
        "除表中标为“已变”的项目外，全部保留。",
    ),
    "receipt.todo": ("What to do now", "现在要做什么"),
    "field.instance": ("instance", "实例"),
    "field.name": ("name", "名称"),
    "field.host_name": ("host name", "主机名"),
    "field.description": ("description", "描述"),
    "field.type": ("type", "规格"),
    "field.size": ("vCPU, memory", "vCPU、内存"),
    "field.charge": ("charge", "计费"),
    "field.zone": ("zone", "可用区"),
    "field.vpc": ("VPC", "专有网络"),
    "field.private_ip": ("private address", "私网地址"),
    "field.public_ip": ("public address", "公网地址"),
    "field.elastic_ip": ("elastic address", "弹性公网 IP"),
    "field.security_groups": ("security groups", "安全组"),
    "field.key_pair": ("key pair", "密钥对"),
    "field.ram_role": ("RAM role", "RAM 角色"),
    "field.resource_group": ("resource group", "资源组"),
    "field.tags": ("tags", "标签"),
    "memory": ("{memory} GiB", "{memory} GiB"),
    "cpu_memory": ("{cpu} vCPU, {memory} GiB", "{cpu} vCPU、{memory} GiB"),
    "own_tags": ("{number} of ours added", "另加本工具的 {number} 个"),
    "data.disk": ("source disk", "源磁盘"),
    "data.what": ("what", "内容"),
    "data.point": ("saved as of", "数据截至"),
    "data.itself": ("the disk itself", "磁盘本身"),
    "data.in_place": ("everything", "全部数据"),
    "data.on_it": ("still on the server", "仍在服务器上"),
    "data.in_no_image": ("in no image", "不在任何镜像中"),
    "data.retained": ("kept", "已保留"),
    "data.attached": ("on the replacement", "已在替代实例上"),
    "receipt.degraded": ("Degraded: {why}.", "降级：{why}。"),
    "data.not_retained": ("goes with the source", "随源实例释放"),
    "data.meaning": (
        "Everything that was on disk at {point} is in the replacement.",
        "{point}时已落盘的数据全部在替代实例上。",
    ),
    "why.private_ip": (
        "it belongs to the source until the source is released",
        "源实例释放之前该地址仍属于它",
    ),
    "why.type": (
        "no stock of the source's type; this one has the same memory",
        "源规格无库存；新规格内存相同",
    ),
    "why.zone": (
        "the pool that has just reclaimed the source is asked last",
        "刚刚回收源实例的资源池排在最后",
    ),
    "why.chosen": ("{why}; taken: {chosen}", "{why}；选用：{chosen}"),
    "why.refused": (
        "{why}; asked for before and refused: {candidates}",
        "{why}；此前尝试并被拒绝：{candidates}",
    ),
    "todo.check": (
        "Check that your service answers on {replacement} ({address}).",
        "确认业务在 {replacement}（{address}）上正常响应。",
    ),
    "todo.address": (
        "Point whatever uses {old} to {new}: DNS records, other servers, load balancers, allow lists.",
        "把使用 {old} 的地方改为 {new}：DNS 记录、其他服务器、负载均衡、白名单。",
    ),
    "todo.public": (
        "The public address {address} is gone: tell its users the new one, or use an elastic one.",
        "公网地址 {address} 已失效：请告知用户新地址，或改用弹性公网 IP。",
    ),
    "todo.elastic": (
        "Bind the elastic address {address} to {replacement}; it is still yours.",
        "把弹性公网 IP {address} 绑定到 {replacement}；它仍归您所有。",
    ),
    "todo.rescue": (
        (
            "It is a rescue: mount the source's disks (nouuid for XFS) and copy what you need, before any restart: "
            "the old system disk may carry the same file system ids as the new one. Without a key pair set a "
            "password in the console first."
        ),
        (
            "这是救援实例：请先挂载源实例的磁盘（XFS 加 nouuid）并拷贝所需数据，再考虑重启，旧系统盘的文件系统 ID "
            "可能与新系统盘相同。没有密钥对时，请先在控制台设置密码。"
        ),
    ),
    "todo.image": (
        "Its image is older than the last notice: copy what came later from the source's disks, which are kept without a date.",
        "其镜像早于最后一次通知：请从源实例的磁盘复制此后的数据，这些磁盘已保留且没有日期。",
    ),
    "todo.snapshots": (
        "Its snapshots are older than the last notice: copy what came later from the source's disks, which are kept without a date.",
        "其快照早于最后一次通知：请从源实例的磁盘复制此后的数据，这些磁盘已保留且没有日期。",
    ),
    "todo.stale-snapshot": (
        (
            "Its system disk is older than the notice: compare it with the source's own system disk, which is "
            "kept, before you trust what was configured since."
        ),
        "系统盘早于本次通知：请与保留的原系统盘比对，再使用此后的配置。",
    ),
    "todo.late": (
        (
            "What was written after {point} is not in the replacement but on {disks}: attach the disk to "
            "the replacement if you miss something."
        ),
        "{point}之后写入的数据不在替代实例上，而在 {disks} 上：如有缺失，请把该磁盘挂载到替代实例。",
    ),
    "todo.late_lost": (
        "What was written to {disks} after {point} went with the source.",
        "{point}之后写入 {disks} 的数据已随源实例丢失。",
    ),
    "todo.beside": (
        "Two copies run: stop {source} or {replacement} by hand now, before both do the same work.",
        "两台同时在运行：请立即手动停止 {source} 或 {replacement} 其中一台，以免重复执行业务。",
    ),
    "todo.quarantined": (
        "Delete {instances} by hand once you are sure: a second replacement, and it costs money.",
        "确认后请手动删除 {instances}：这是多余的替代实例，会产生费用。",
    ),
    "todo.leftovers": (
        (
            "Image {image}, its snapshots and the kept disks cost money. Nothing deletes them by itself; "
            "their tag spot-recreation:delete-after says from when on it is safe."
        ),
        (
            "镜像 {image}、其快照和保留的磁盘会产生费用，不会自动删除；"
            "标签 spot-recreation:delete-after 标明何时起可以删除。"
        ),
    ),
    "todo.undated": (
        "No date was put on {disks}, which you had set to outlive the source: delete them by hand when nobody misses them.",
        "{disks} 原本就设置为在实例释放后保留，没有加上日期：确认无用后请手动删除。",
    ),
    "todo.nothing": ("Nothing.", "无需操作。"),
    # -- the list of receipts ----------------------------------------------------------------------
    "receipts.t0": ("notice (UTC)", "通知时刻（UTC）"),
    "receipts.recreation": ("recreation", "重建"),
    "receipts.outcome": ("outcome", "结果"),
    "receipts.after": ("running after", "恢复用时"),
    "receipts.none": ("There are no receipts in {directory} yet.", "{directory} 中还没有回执。"),
    "short.recovered": ("recovered", "已恢复"),
    "short.unfinished": ("not finished", "未完成"),
    "short.false_alarm": ("false alarm", "误报"),
    "short.not_ours": ("left alone", "不处理"),
    "short.superseded": ("recreated for a later notice", "已按更晚的通知重建"),
    "short.already_done": ("already recreated", "此前已重建"),
    # -- status ------------------------------------------------------------------------------------
    "status.recreations": ("Recreations", "重建"),
    "status.none": ("Nothing in this region carries our tag.", "本地域没有带本工具标签的资源。"),
    "status.others.one": (
        "1 more belongs to another owner and is not shown.",
        "另有 1 个属于其他 owner，未显示。",
    ),
    "status.others": (
        "{number} more belong to other owners and are not shown.",
        "另有 {number} 个属于其他 owner，未显示。",
    ),
    "stage.kept": ("disks kept, image not begun", "磁盘已保留，镜像尚未开始"),
    "stage.imaging": ("image at {percent} %", "镜像进度 {percent} %"),
    "stage.image_failed": (
        "the image failed; the data is on the kept disks",
        "镜像失败，数据在保留的磁盘上",
    ),
    "stage.saved": ("image ready, no replacement yet", "镜像可用，尚无替代实例"),
    "stage.starting": ("replacement is {state}", "替代实例状态：{state}"),
    "stage.running": ("replacement runs, clean-up not done yet", "替代实例运行中，尚未清理"),
    "stage.done": ("done", "已完成"),
    "stage.replacement_ended": (
        "over; the replacement is {state}",
        "已结束；替代实例状态：{state}",
    ),
    "stage.over": ("over; there is no replacement (any more)", "已结束；没有（或不再有）替代实例"),
    "stage.parked": ("parked ({word}); {stage}", "已搁置（{word}）；{stage}"),
    "status.image": ("image {image} {state}", "镜像 {image} {state}"),
    "status.snapshots.one": ("1 snapshot", "1 个快照"),
    "status.snapshots": ("{number} snapshots", "{number} 个快照"),
    "status.retained": ("kept disks {disks}", "保留的磁盘 {disks}"),
    "status.rescue": (
        "degraded: a rescue from the base image, with the source's disks attached",
        "降级：从基础镜像救援，已挂载源实例的磁盘",
    ),
    "status.stale-snapshot": (
        "degraded: its system disk is that of an automatic snapshot",
        "降级：系统盘来自自动快照",
    ),
    "status.quarantined": (
        "one too many, delete by hand: {instances}",
        "多余的替代实例，请手动删除：{instances}",
    ),
    "status.beside": (
        (
            "its source {source} was not reclaimed and ran beside it: stop one of the two by hand, then take "
            "the tag spot-recreation:beside off"
        ),
        "源实例 {source} 没有被回收，与它同时运行：请手动停止其中一台，然后去掉标签 spot-recreation:beside",
    ),
    "status.lineage": ("lineage {lineage}", "谱系 {lineage}"),
    "status.delete_after": ("may be deleted after {at}", "{at} 之后可以删除"),
    "status.queue": ("Queue {name}", "队列 {name}"),
    "status.dead_letters": ("Dead letters in {name}", "死信队列 {name}"),
    "status.no_queue": (
        "There is no such queue: `aliyun-ops rule apply` makes it.",
        "队列不存在：请运行 `aliyun-ops rule apply` 创建。",
    ),
    "status.empty": ("No message can be seen.", "没有可见的消息。"),
    "status.seen": ("Messages that can be seen: {number}", "可见 {number} 条消息："),
    "status.seen_all": (
        "At least {number} messages; a look shows no more at a time:",
        "至少 {number} 条消息，一次最多查看这么多：",
    ),
    "status.hidden": (
        (
            "A message that a worker holds, or that is delayed, cannot be seen: this does not tell that "
            "nothing is under way."
        ),
        "被工作进程持有或延迟的消息不可见：看不到消息不代表没有正在进行的重建。",
    ),
    "status.dead_hidden": (
        (
            "Nothing here is tried again by itself, and the cloud deletes messages after their retention: "
            "aliyun-ops dlq show ID, then aliyun-ops dlq replay ID."
        ),
        (
            "这里的消息不会自动重试，超过保留时间后由云端删除："
            "请用 aliyun-ops dlq show ID 查看，再用 aliyun-ops dlq replay ID 重放。"
        ),
    ),
    "status.undelivered": (
        "What EventBridge could not deliver is not shown here: aliyun-ops dlq list shows it, too.",
        "EventBridge 未能投递的事件不在此显示：aliyun-ops dlq list 会一并列出。",
    ),
    "message.notice": ("new notice for {source}", "{source} 的新中断通知"),
    "message.other": ("an event that is not for us", "与本工具无关的事件"),
    "message.unreadable": ("unreadable: {why}", "无法读取：{why}"),
    "message.progress": ("{source}, next step {step}", "{source}，下一步骤 {step}"),
    "message.parked": ("{source} parked: {because}", "{source} 已搁置：{because}"),
    "message.t0": ("T0 {at}", "T0 {at}"),
    "message.parked_at": ("parked {at}", "搁置于 {at}"),
    "message.replacement": ("replacement {instance}", "替代实例 {instance}"),
    "message.begins_with": ("a replay begins with {candidate}", "重放从以下候选开始：{candidate}"),
    "message.candidate": ("trying {candidate}", "正在尝试 {candidate}"),
    "message.received.one": ("received once", "已接收 1 次"),
    "message.received": ("received {number} times", "已接收 {number} 次"),
    "message.unsigned": (
        "its attributes are not signed by our key: do not trust them",
        "属性未经本工具密钥签名，不可信",
    ),
    "message.todo": ("What to do: {advice}", "处理办法：{advice}"),
    "message.runbook": ("Step by step: {where}", "详细步骤：{where}"),
    "runbook": ("docs/runbook.md#{section}", "docs/runbook.zh-CN.md#{section}"),
    "runbook.parked": ("docs/runbook.md#parked-messages", "docs/runbook.zh-CN.md#搁置的消息"),
    "runbook.quarantined": ("docs/runbook.md#quarantined", "docs/runbook.zh-CN.md#quarantined"),
    "runbook.notices": (
        "docs/runbook.md#what-a-notification-says",
        "docs/runbook.zh-CN.md#通知的内容",
    ),
    "step.retain": ("keep the disks", "保留磁盘"),
    "step.start": ("start it again in place", "原地重新启动"),
    "step.image": ("begin the image", "制作镜像"),
    "step.spec": ("record the configuration", "记录配置"),
    "step.launch": ("launch the replacement", "启动替代实例"),
    "step.cleanup": ("clean up", "清理"),
    **DEMO_TEXTS,
    **PAGE_TEXTS,
    **SET_UP_TEXTS,
    **SWEEP_TEXTS,
    **DOCTOR_TEXTS,
    **DLQ_TEXTS,
    **AUDIT_TEXTS,
    **NOTICE_TEXTS,
    **DRILL_TEXTS,
}
