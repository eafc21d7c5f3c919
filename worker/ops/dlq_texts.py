"""The dead letters' and reconcile's part of the table of texts, in English and in Chinese.

`origin.` says who brought a message here, `replayed.` what became of it, `found.` how it stands with
a source.
"""

from collections.abc import Mapping

DLQ_TEXTS: Mapping[str, tuple[str, str]] = {
    # -- list and show -----------------------------------------------------------------------------
    "dlq.none": ("No dead letters that match.", "没有符合条件的死信。"),
    "dlq.count": ("Dead letters: {number}.", "共 {number} 条死信。"),
    "dlq.leased": (
        (
            "Looking leases: {number} received and given back; others see what is left again in about a second."
        ),
        "查看会租用消息：已接收并交还 {number} 条，约一秒后其他人可再次看到其余消息。",
    ),
    "dlq.late.one": (
        "1 of them could not be given back; it comes back by itself when its lease ends.",
        "其中 1 条未能交还，租约到期后会自动恢复可见。",
    ),
    "dlq.late": (
        "{number} of them could not be given back; they come back by themselves when their lease ends.",
        "其中 {number} 条未能交还，租约到期后会自动恢复可见。",
    ),
    "dlq.elsewhere": (
        "What somebody else has leased at the moment is not shown.",
        "当前被他人租用的消息不会显示。",
    ),
    "dlq.missing": (
        "There is no queue {name}; make it with: aliyun-ops rule apply",
        "队列 {name} 不存在，可用 aliyun-ops rule apply 创建。",
    ),
    "dlq.ambiguous": (
        "{number} dead letters match; name one by its message id.",
        "有 {number} 条死信匹配，请用消息 ID 指定其中一条。",
    ),
    "dlq.source": ("source {source}", "源实例 {source}"),
    "dlq.no_source": ("no known source", "源实例未知"),
    "dlq.ago.minutes": ("{number} min ago", "{number} 分钟前"),
    "dlq.ago.hours": ("{number} h ago", "{number} 小时前"),
    "dlq.ago.days": ("{number} d ago", "{number} 天前"),
    "dlq.at_step": ("step: {step}", "步骤：{step}"),
    "dlq.reason": ("{because} ({word})", "{because}（{word}）"),
    "dlq.code": ("code {code}", "错误码 {code}"),
    "dlq.todo": ("what to do: {advice}", "处理方法：{advice}"),
    "dlq.untrusted": (
        "Its attributes are not signed by us: only its body counts.",
        "其属性没有本工具的有效签名：只采信消息正文。",
    ),
    "dlq.no_key": (
        "No signing key at hand: what the attributes say is shown and not verified.",
        "未提供签名密钥：属性内容仅供显示，未经验证。",
    ),
    "origin.parked": ("parked by the worker", "由工作进程搁置"),
    "origin.moved": ("moved by the queue: received too often", "由队列移入：接收次数过多"),
    "origin.undelivered": ("not delivered by EventBridge", "EventBridge 未能投递"),
    "dlq.field.message": ("message", "消息"),
    "dlq.field.queue": ("queue", "队列"),
    "dlq.field.origin": ("origin", "来源"),
    "dlq.field.source": ("source", "源实例"),
    "dlq.named": ("{source} ({name})", "{source}（{name}）"),
    "dlq.empty": ("There are no dead letters.", "没有死信。"),
    "dlq.field.recreation": ("recreation", "重建"),
    "dlq.field.lineage": ("lineage", "谱系"),
    "dlq.field.step": ("step", "步骤"),
    "dlq.field.because": ("reason", "原因"),
    "dlq.field.error": ("error", "错误"),
    "dlq.field.todo": ("what to do", "处理方法"),
    "dlq.field.steps": ("step by step", "详细步骤"),
    "dlq.field.t0": ("notice (T0)", "中断通知 (T0)"),
    "dlq.field.received_at": ("received by a worker", "工作进程收到"),
    "dlq.field.parked_at": ("parked", "搁置时间"),
    "dlq.field.resumed_at": ("replayed before", "上次重放"),
    "dlq.field.enqueued_at": ("in this queue since", "进入本队列"),
    "dlq.field.received": ("received so far", "已接收次数"),
    "dlq.field.image": ("image", "镜像"),
    "dlq.field.begins_with": ("a replay begins with", "重放从此开始"),
    "dlq.field.candidate": ("candidate", "候选"),
    "dlq.field.replacement": ("replacement", "替代实例"),
    "dlq.field.reads": ("what a worker makes of it", "工作进程如何解读"),
    "dlq.reads.event": ("an interruption; it begins anew", "一次中断通知，将从头开始"),
    "dlq.reads.progress": ("a recreation that goes on", "一次可继续的重建"),
    "dlq.reads.split": ("several interruptions", "多个中断通知"),
    "dlq.times.one": ("once", "1 次"),
    "dlq.times": ("{number} times", "{number} 次"),
    "dlq.timeline": ("What has happened", "已发生的事"),
    "dlq.disks": ("Disks of the source", "源实例的磁盘"),
    "dlq.candidates": ("Candidates", "候选列表"),
    "dlq.refused": ("Refused", "被拒绝的候选"),
    "dlq.remarks": ("Not kept or not done", "未保留或未完成"),
    "dlq.body": ("Body as delivered", "消息原文"),
    "dlq.body_decoded": (
        "Body, read from base64 (as delivered with --json)",
        "消息内容，已从 base64 解码（原文见 --json）",
    ),
    "dlq.replay_it": (
        "Replay it with (--dry-run says first what it would do and cost):",
        "重放（可先加 --dry-run 查看会做什么、费用多少）：",
    ),
    "dlq.replay_unread": (
        "A replay leaves it where it is: it stays until it can be read, or until somebody deletes it in the console.",
        "重放会把它保留在原处：直到能够读取，或有人在控制台删除它为止。",
    ),
    "dlq.replay_gone": (
        "Replay it with the capture of its source (without it it is parked again):",
        "请用源实例的配置记录重放（没有它会再次被搁置）：",
    ),
    "dlq.replay_captured": (
        "aliyun-ops dlq replay {message} --captures DIRECTORY",
        "aliyun-ops dlq replay {message} --captures DIRECTORY",
    ),
    # -- replay ------------------------------------------------------------------------------------
    "replay.progress": ("replaying", "正在重放"),
    "replayed.sent": ("sent; goes on with: {step}", "已重新入队，从“{step}”继续"),
    "replayed.finished": ("finished meanwhile, nothing to do", "已在此期间完成，无需处理"),
    "replayed.nothing": ("asks for nothing, taken out", "无需处理，已移除"),
    "replayed.kept": ("left where it is", "保留在原队列"),
    "replayed.unanswered": ("not replayed", "未重放"),
    "replayable.sent": ("would go on with: {step}", "将从“{step}”继续"),
    "replayable.finished": ("finished meanwhile, would be taken out", "已在此期间完成，将移除"),
    "replayable.nothing": ("asks for nothing, would be taken out", "无需处理，将移除"),
    "replay.lacks_source": (
        "its source was gone and nothing tells what it was: it will be parked again, unless --captures has it",
        "源实例已不存在，也没有它的配置记录：将再次搁置，除非 --captures 目录中有它的记录",
    ),
    "replayable.kept": ("would be left where it is", "将保留在原队列"),
    "replayable.unanswered": ("cannot be told", "无法判断"),
    "replay.asks": (
        "would ask for {candidate}, {price}; {others} more behind it",
        "将申请 {candidate}，{price}；其后还有 {others} 个候选",
    ),
    "replay.price": (
        "about {amount} {currency} a month, its disks not counted",
        "每月约 {amount} {currency}（不含磁盘）",
    ),
    "replay.no_price": ("at an unknown price", "价格未知"),
    "replay.like_source": (
        "candidates and price are known once the source has been looked at",
        "查看源实例后才能确定候选和价格",
    ),
    "replay.no_launch": ("launches nothing more", "不会再启动实例"),
    "replay.dry": ("Nothing was changed.", "未做任何更改。"),
    "replay.total": (
        "{sent} sent, {finished} finished meanwhile, {kept} left, {failed} not replayed.",
        "已重放 {sent} 条，{finished} 条已完成，保留 {kept} 条，未能重放 {failed} 条。",
    ),
    "replay.next": (
        "A worker takes it from here; to see how it goes on: aliyun-ops status",
        "接下来由工作进程处理；查看进展：aliyun-ops status",
    ),
    "replay.still_there": (
        "{what}; not taken out here: {why}",
        "{what}；未能从死信队列移除：{why}",
    ),
    "replay.sum_known": (
        "The first candidates cost about {money} a month together, {number} without a known price not counted.",
        "首选候选合计每月约 {money}，另有 {number} 条价格未知，未计入。",
    ),
    "replay.sum": (
        "The first candidates cost about {money} a month together.",
        "首选候选合计每月约 {money}。",
    ),
    # -- keep --------------------------------------------------------------------------------------
    "dlq.kept": ("{message} ({source}) sent again", "{message}（{source}）已重新发送"),
    "dlq.would_keep": (
        "{message} ({source}) would be sent again",
        "{message}（{source}）将重新发送",
    ),
    "dlq.double": (
        "{message} ({source}) was there twice, to the letter the same; one was taken out",
        "{message}（{source}）有两份且内容完全相同，已移除一份",
    ),
    "dlq.would_be_one": (
        "{message} ({source}) is there twice, to the letter the same; one would be taken out",
        "{message}（{source}）有两份且内容完全相同，将移除一份",
    ),
    "dlq.not_kept": (
        "{message} ({source}) not sent again: {why}",
        "{message}（{source}）未能重新发送：{why}",
    ),
    "dlq.nothing_to_keep": (
        "No dead letter is near the end of its retention.",
        "没有临近保留期限的死信。",
    ),
    # -- discard -----------------------------------------------------------------------------------
    "discardable.settled": ("settled, can be taken out", "已了结，可移除"),
    "discardable.open": ("stays", "保留"),
    "discardable.unanswered": ("stays: the cloud does not tell", "保留：云端未给出答复"),
    "discarded.settled": ("taken out", "已移除"),
    "discarded.open": ("stays", "保留"),
    "discarded.unanswered": ("not taken out", "未移除"),
    "discard.question.one": (
        "Take 1 settled dead letter out for good?",
        "永久移除这 1 条已了结的死信？",
    ),
    "discard.question": (
        "Take {number} settled dead letters out for good?",
        "永久移除这 {number} 条已了结的死信？",
    ),
    "discard.none": ("No dead letter that matches is settled.", "没有符合条件且已了结的死信。"),
    "discard.total": (
        "{gone} taken out, {left} left.",
        "已移除 {gone} 条，保留 {left} 条。",
    ),
    # -- reconcile ---------------------------------------------------------------------------------
    "reconcile.none": (
        "No spot instance of ours is locked or stands stopped.",
        "没有被锁定或停止的抢占式实例。",
    ),
    "found.locked": ("locked", "已锁定"),
    "found.stopped": ("stopped", "已停止"),
    "found.under_way": (
        "a recreation of it has begun; how it stands: aliyun-ops status",
        "其重建已经开始；进展见 aliyun-ops status",
    ),
    "found.replaced": (
        "recreated already ({why}), and left stopped: start it only if nothing runs in its place",
        "已经重建（{why}），本机保持停止：除非没有实例代替它运行，否则不要启动",
    ),
    "found.one_too_many": (
        "{why}; its end needs no replacement, and nothing is enqueued",
        "{why}；它不需要替代实例，未入队",
    ),
    "found.not_sent": ("no recreation; would be enqueued", "没有重建，将入队"),
    "found.enqueued": ("no recreation; enqueued", "没有重建，已入队"),
    "found.failed": ("no recreation, and not enqueued: {why}", "没有重建，且未能入队：{why}"),
    "found.untold_not_sent": (
        "not known whether it has a recreation ({why}); would be enqueued, for a second event does nothing",
        "无法确认是否已有重建（{why}）；将入队，重复的事件不会产生任何效果",
    ),
    "found.untold_enqueued": (
        "not known whether it has a recreation ({why}); enqueued, for a second event does nothing",
        "无法确认是否已有重建（{why}）；已入队，重复的事件不会产生任何效果",
    ),
    "found.undecided_untold": (
        "not known whether it has a recreation ({why}), so leave it stopped and run this again",
        "无法确认是否已有重建（{why}）：请先不要启动它，稍后再运行一次",
    ),
    "found.undecided": (
        (
            "nobody saw it locked, and an owner can stop it so, too: start it if it was interrupted, or run "
            "reconcile --stopped"
        ),
        "没有见到它被锁定，也可能是用户自行停机：如确被中断，请启动它，或运行 reconcile --stopped",
    ),
}
