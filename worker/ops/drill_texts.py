"""The drill's part of the table of texts, in English and in Chinese."""

from collections.abc import Mapping

DRILL_TEXTS: Mapping[str, tuple[str, str]] = {
    "drill.source": (
        "Drill of {name} ({source}, {type}, {zone})",
        "演练对象：{name}（{source}，{type}，{zone}）",
    ),
    "drill.will_image": (
        (
            "It makes an image of its disks ({number}, {size} GiB) and asks the cloud whether it would launch "
            "a replacement."
        ),
        "将为 {number} 块磁盘（{size} GiB）制作镜像，并以预检方式询问云端能否启动替代实例。",
    ),
    "drill.will_launch": (
        (
            "It makes an image of its disks ({number}, {size} GiB) and launches a replacement of it, in "
            "security group {group} alone and without a public address."
        ),
        "将为 {number} 块磁盘（{size} GiB）制作镜像，并启动一台替代实例，仅加入安全组 {group}，无公网地址。",
    ),
    "drill.will_handover": (
        (
            "It makes an image of its disks ({number}, {size} GiB), stops the canary, launches a replacement of it and "
            "hands over as in a real interruption; then everything goes back."
        ),
        "将为 {number} 块磁盘（{size} GiB）制作镜像，停止该金丝雀实例，启动替代实例，并像真实中断一样移交；之后全部归还。",
    ),
    "drill.moves": (
        (
            "Elastic addresses and memberships in load balancers move as handover.* says, and come back to {source}, "
            "which is started again."
        ),
        "弹性公网 IP 和负载均衡后端按 handover.* 的设置移交，之后归还给重新启动的 {source}。",
    ),
    "drill.away": (
        (
            "The service on {source} is away while one stops and the other starts, twice; what the replacement "
            "writes meanwhile goes with it."
        ),
        "{source} 上的服务会在停机与启动之间中断两次；替代实例在此期间写入的数据随其一同删除。",
    ),
    "mark.everything given back": (
        "runs again, with all that was taken",
        "已重新运行并收回全部内容",
    ),
    "drill.bad_handover": (
        "Failed: the replacement ran, and not everything could be handed over.",
        "未通过：替代实例已运行，但未能全部移交。",
    ),
    "drill.untouched": (
        (
            "{source} itself is read and imaged: it is not stopped, changed or tagged. While the image is "
            "made, an image for a real interruption of it may be late."
        ),
        "{source} 只会被读取和制作镜像：不停机、不修改、不打标签。镜像制作期间若真的被回收，正式镜像可能延后。",
    ),
    "drill.cost": (
        (
            "Cost: the image's snapshots are billed by the space they occupy while they exist, which the "
            "cloud does not tell beforehand."
        ),
        "费用：镜像的快照在存在期间按实际占用空间计费，云端不提供预估。",
    ),
    "drill.cost_launch": (
        "The replacement costs about {hour} an hour as spot of the same type, and its disks {disks}.",
        "替代实例按同规格抢占式约每小时 {hour}，磁盘约每小时 {disks}。",
    ),
    "drill.unknown": ("an unknown sum", "未知金额"),
    "drill.resumes": (
        "It goes on from a drill that was interrupted: {things}.",
        "接着上次中断的演练继续：{things}。",
    ),
    "drill.ends": (
        "What it makes is deleted at the end, also after a failure.",
        "结束时（包括失败后）会删除其创建的一切。",
    ),
    "drill.question": ("Begin?", "开始？"),
    "drill.dry": ("Nothing was done.", "未做任何操作。"),
    "drill.nothing": ("No drill of {source} has left anything.", "{source} 没有演练遗留。"),
    "drill.cleaning": ("Of drills of {source}:", "{source} 的演练遗留："),
    "drill.question_clean.one": ("Delete this one thing?", "删除这 1 项？"),
    "drill.question_clean": ("Delete these {number} things?", "删除这 {number} 项？"),
    "drill.receipt": ("The receipt, as of a real one:", "回执（与真实重建相同）："),
    "drill.not_asked": ("and {number} more, not asked", "另有 {number} 个，未询问"),
    "drill.candidates": (
        "Candidates, in the order in which they would be asked for",
        "候选（按请求顺序）",
    ),
    "drill.would": ("would be launched", "可以启动"),
    "drill.would_without": ("would be launched without {dropped}", "去掉 {dropped} 后可以启动"),
    "drill.refused": ("refused: {why}", "被拒绝：{why}"),
    "drill.image": (
        "The image was usable {seconds} s after it was asked for.",
        "请求镜像后 {seconds} 秒可用。",
    ),
    "drill.good": (
        "Passed: the worker would have launched {candidate}.",
        "通过：工作进程会启动 {candidate}。",
    ),
    "drill.good_launch": (
        "Passed: {replacement} ran ({candidate}).",
        "通过：{replacement} 已运行（{candidate}）。",
    ),
    "drill.bad": (
        "Failed: none of the candidates that were asked for would be launched.",
        "未通过：所询问的候选均无法启动。",
    ),
    "drill.lost": ("Not kept: {what}: {why}", "无法保留：{what}：{why}"),
    "drill.cleaned": (
        "{deleted} things deleted, {left} not deleted.",
        "已删除 {deleted} 项，未能删除 {left} 项。",
    ),
    "drill.interrupted": (
        "Interrupted: what it has made goes, and what it has taken goes back. Ctrl-C ends that, too.",
        "已中断：正在清除演练创建的内容，并移回取走的内容。再按 Ctrl-C 会连同清理一起终止。",
    ),
    "drill.kept": (
        "Kept until you run: aliyun-ops drill --clean --instance {source}",
        "已保留；清理请运行：aliyun-ops drill --clean --instance {source}",
    ),
}
