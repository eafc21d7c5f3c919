"""The audit's part of the table of texts, in English and in Chinese.

`survival.`, `why_survives.`, `loss.`, `advice.` and `basis.` go by the words of `worker.core.auditing`.
UNVERIFIED marks what no public document settles.
"""

from collections.abc import Mapping

AUDIT_TEXTS: Mapping[str, tuple[str, str]] = {
    "audit.none": (
        "No spot instance of this region is ours to recreate.",
        "本地域没有由本部署负责重建的抢占式实例。",
    ),
    "audit.left_alone": (
        "Left alone: an interruption ends these for good.",
        "不处理：中断后以下实例不会重建。",
    ),
    "audit.reclaimed": (
        "Left to the worker: the interruption of these has come.",
        "由工作进程处理：以下实例的中断已经到来。",
    ),
    "reclaimed.locked": ("being reclaimed", "正在被回收"),
    "reclaimed.locked_replaced": (
        "being reclaimed, replaced by {replacement}",
        "正在被回收，已由 {replacement} 替代",
    ),
    "reclaimed.replaced": ("replaced by {replacement}", "已由 {replacement} 替代"),
    "reclaimed.both_run": (
        "two copies run: it was not reclaimed, and {replacement} runs in its place; stop one by hand",
        "两台同时在运行：它没有被回收，{replacement} 已作为替代实例运行；请手动停止其中一台",
    ),
    "audit.image": (
        "image {least} to {most}; the notice is {notice}",
        "镜像耗时 {least} 至 {most}；通知提前 {notice}",
    ),
    "audit.no_image": ("no image is needed", "无需镜像"),
    "audit.lost": ("lost: {what}", "将丢失：{what}"),
    "audit.change": ("change: {what}", "建议：{what}"),
    "audit.summary": (
        "Instances: {number}. Survive: {yes}, likely: {likely}, at risk: {at_risk}, would not: {no}.",
        "共 {number} 台：{yes} 台可恢复，{likely} 台大概率可恢复，{at_risk} 台有风险，{no} 台不能恢复。",
    ),
    "audit.bases": ("What the times rest on:", "耗时依据："),
    "audit.general": (
        "What is only in memory, or not flushed when the notice comes, is in no image.",
        "仅在内存中、或通知到达时尚未落盘的数据不在镜像中。",
    ),
    "audit.recorded.one": ("1 capture is in {directory}", "1 份记录已保存到 {directory}"),
    "audit.recorded": (
        "{number} captures are in {directory}",
        "{number} 份记录已保存到 {directory}",
    ),
    "audit.not_recorded": ("{instance} was not captured: {why}", "{instance} 未能记录：{why}"),
    "audit.nothing_to_fix": ("Nothing that --fix can change.", "没有 --fix 可以修改的内容。"),
    "audit.would_fix": ("What --fix changes:", "--fix 将做以下修改："),
    "audit.fix.outlive": (
        "{instance}: set {disks} to outlive it",
        "{instance}：将 {disks} 设为在实例释放后保留",
    ),
    "audit.fix.policy": (
        "{instance}: give {disks} the snapshot policy {policy}",
        "{instance}：为 {disks} 应用自动快照策略 {policy}",
    ),
    "audit.fix.warning": (
        (
            "A disk that outlives its instance stays and costs after every release, yours too. The worker "
            "does not date a disk that was set so before: `sweep` lists it, and only you delete it. "
            "Automatic snapshots are billed."
        ),
        (
            "设为保留的磁盘在每次释放后（包括您主动释放）都会留下并继续计费。工作进程不会给事先已设为保留的磁盘标注日期："
            "sweep 会列出它，但只能由您手动删除。自动快照会产生费用。"
        ),
    ),
    "audit.question.one": ("Make this change?", "执行这项修改？"),
    "audit.question": ("Make these {number} changes?", "执行这 {number} 项修改？"),
    "audit.fixed": ("done: {what}", "已完成：{what}"),
    "audit.refused": ("not done: {what}: {why}", "未完成：{what}：{why}"),
    "audit.again": (
        "Run `audit` again to see what is left to do.",
        "请再次运行 `audit`，查看还需处理什么。",
    ),
    "audit.dry": ("Nothing was changed.", "未做任何更改。"),
    "minutes": ("{number} min", "{number} 分钟"),
    "hours": ("{number} h", "{number} 小时"),
    "survival.yes": ("survives", "可恢复"),
    "survival.likely": ("likely survives", "大概率可恢复"),
    "survival.at_risk": ("at risk", "有风险"),
    "survival.no": ("would not survive", "不能恢复"),
    "why_survives.stays": (
        "economical mode: it is stopped and keeps its disks",
        "节省停机模式：实例停机但保留磁盘",
    ),
    "why_survives.in_time": (
        "its image is done before the release, even at its slowest",
        "即使最慢，镜像也能在释放前完成",
    ),
    "why_survives.disks_outlive": (
        "its image may be late, but every disk outlives it, and the image can go on (UNVERIFIED)",
        "镜像可能来不及，但所有磁盘都会保留，镜像可继续制作（尚无公开文档证实）",
    ),
    "why_survives.retain_needed": (
        "its image may be late; then all depends on keeping the disks during the notice (UNVERIFIED)",
        "镜像可能来不及；届时取决于能否在通知期内保留磁盘（尚无公开文档证实）",
    ),
    "why_survives.image_late": (
        "its image is late even at its fastest; the disks stay, whether it comes back is UNVERIFIED",
        "即使最快，镜像也来不及；磁盘会保留，能否自动恢复尚无公开文档证实",
    ),
    "why_survives.late_and_lost": (
        "its image is late even at its fastest, and an unfinished one dies with the disks",
        "即使最快，镜像也来不及，未完成的镜像会随磁盘一起丢失",
    ),
    "why_survives.local_disk": (
        "what is on the local disk {about} is in no image",
        "本地盘 {about} 的数据不在任何镜像中",
    ),
    "why_survives.no_image": ("no image of it can be made: {about}", "无法制作镜像：{about}"),
    "loss.local_disk": ("local disk {about}", "本地盘 {about}"),
    "loss.goes_along": (
        "released with it unless the worker keeps them in time: {about}",
        "随实例释放的磁盘（除非工作进程及时保留）：{about}",
    ),
    "loss.not_portable": (
        "released with it, and cannot be kept: {about}",
        "随实例释放且无法保留的磁盘：{about}",
    ),
    "loss.public_ip": ("static public address {about}", "固定公网地址 {about}"),
    "loss.elastic_ip": (
        "binding of the elastic address {about}, which stays yours",
        "弹性公网 IP {about} 的绑定关系（地址仍归您所有）",
    ),
    "loss.private_ip": (
        "private address {about}, unless `handover.private_ip` asks for it",
        "私网地址 {about}（除非设置了 `handover.private_ip`）",
    ),
    "loss.secondary_ips": (
        "secondary private addresses {about}",
        "辅助私网地址 {about}",
    ),
    "loss.interfaces": (
        "network interfaces {about}, which `handover.interfaces` would carry over in the same zone",
        "弹性网卡 {about}（`handover.interfaces` 可在同可用区移交）",
    ),
    "advice.outlive": (
        "let its disks outlive it, or run audit --fix",
        "将磁盘设为在实例释放后保留，或运行 audit --fix",
    ),
    "advice.policy": (
        "give its disks the snapshot policy, or run audit --fix",
        "为磁盘应用自动快照策略，或运行 audit --fix",
    ),
    "advice.configure_policy": (
        "set audit.snapshot_policy: after a first snapshot an image copies only what has changed",
        "设置 audit.snapshot_policy：有过快照之后，镜像只复制变化的数据",
    ),
    "advice.category": ("move its disks to ESSD", "将磁盘变更为 ESSD"),
    "advice.local_disk": (
        "move the data to a cloud disk and choose a type without local disks",
        "把数据移到云盘，并改用不带本地盘的规格",
    ),
    "advice.public_ip": (
        "turn the address into an elastic one, which is billed by itself",
        "把该地址转换为弹性公网 IP（单独计费）",
    ),
    "basis.instant": (
        (
            "ESSD: a snapshot can be used within seconds (ECS: Snapshot instant access). Whether an image "
            "can be is UNVERIFIED; at most as long as a full copy."
        ),
        "ESSD：快照数秒内可用（ECS 文档：快照极速可用）。镜像能否同样提前可用，尚无公开文档证实；最长不超过全量复制。",
    ),
    "basis.full": (
        (
            "First snapshot: 20 to 40 minutes for 40 GiB (ECS: Create a snapshot, a newer and an older "
            "text); in proportion for other sizes, which is UNVERIFIED."
        ),
        "首个快照：40 GiB 约 20 至 40 分钟（ECS 文档：创建快照，新旧版本）；其他大小按比例推算，尚无公开文档证实。",
    ),
    "basis.incremental": (
        (
            "Further snapshot: only what has changed is copied (ECS: Snapshots overview); no figure is "
            "published, so from nothing to a full copy."
        ),
        "后续快照：只复制变化的数据（ECS 文档：快照概述）；没有公布数字，范围从零到全量复制。",
    ),
}
