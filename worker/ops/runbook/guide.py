"""What the runbook says of itself: its beginning, the decision table, and what one does by hand."""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.ops.doctor_texts import Text
from worker.ops.runbook.entry import Entry

HEAD = Text(
    """\
# Runbook

[中文](runbook.zh-CN.md)

Something has woken you. Find what you see in the table, go to its section, run what stands under **Now**. The rest can wait for the day. Written by `make runbook` from `worker/ops/runbook` and the tables of the program, so that every word that the program uses has its section here.

1. **What was saved stays saved.** The worker deletes nothing. Do not delete disks, images, snapshots or instances with tags `spot-recreation:...` tonight.
2. **A replay is safe.** It may be interrupted and repeated, also by two people at once: a source gets one replacement.
3. **Only two things are in a hurry:** events that nobody works on (five minutes from the notice), and a service that is down. A parked message has days.

Run the commands where `config.yaml`, the credentials and `ALIYUN_OPS_SIGNING_KEY` are: on a worker's host as root, where `aliyun-ops` has what the workers have (write `/usr/local/bin/aliyun-ops` where `sudo` does not find it), or anywhere. `ID` is the beginning of the id of a message, a source or a recreation.
""",
    """\
# 故障处理手册

[English](runbook.md)

您被告警叫醒了。在下表中找到看到的现象，跳到对应小节，运行**现在**下面的命令，其余的等天亮再说。本页由 `make runbook` 根据 `worker/ops/runbook` 和程序自身的文本生成，程序用到的每个词在这里都有对应的小节。

1. **已保存的不会丢。** 工作进程不删除任何东西。今晚不要删除带 `spot-recreation:...` 标签的磁盘、镜像、快照和实例。
2. **重放是安全的。** 可以中断、可以重复，两个人同时运行也没关系：一台源实例只会得到一台替代实例。
3. **真正着急的只有两件事：** 没有人处理的事件（通知后只有五分钟），以及已经停掉的业务。搁置的消息可以放几天。

请在有 `config.yaml`、凭证和 `ALIYUN_OPS_SIGNING_KEY` 的地方运行命令：可以是工作进程的主机（以 root 运行，`aliyun-ops` 使用与工作进程相同的配置和环境；`sudo` 找不到时写完整路径 `/usr/local/bin/aliyun-ops`），也可以是任何机器。`ID` 是消息、源实例或重建的 ID 的开头部分。
""",
)


@dataclass(frozen=True, slots=True)
class Sight:
    """A row of the decision table: what you see, the heading to go to, what to run first."""

    see: Text
    section: Text
    first: str


PARKED = Text("Parked messages", "搁置的消息")
ALARMS = Text("Alarms", "告警")
FINDINGS = Text("Findings of doctor", "doctor 的检查结果")
RECEIPTS = Text("What a receipt says", "回执的内容")
NOTICES = Text("What a notification says", "通知的内容")
STATUS = Text("What status says", "status 的内容")
SWEEP = Text("What sweep says", "sweep 的内容")
AUDIT = Text("What audit says", "audit 的内容")
HANDS = Text("By hand", "手动操作")
GET_AT = Text("Get at the data of a retained disk", "取回保留磁盘上的数据")
NOTHING_HAPPENS = Text("An instance is reclaimed and nothing happens", "实例正被回收却没有动静")
_MOVED = Text("moved", "moved")
_UNDELIVERED = Text("undelivered", "undelivered")
_QUARANTINED = Text("quarantined", "quarantined")
_NO_WORKER = Text("SpotRecreationNoWorker", "SpotRecreationNoWorker")

SIGHTS: tuple[Sight, ...] = (
    Sight(
        Text("an instance is being reclaimed and nothing happens", "实例正被回收却没有动静"),
        NOTHING_HAPPENS,
        "aliyun-ops reconcile",
    ),
    Sight(
        Text("no worker runs, or it ends at once", "没有工作进程，或一启动就退出"),
        _NO_WORKER,
        "aliyun-ops doctor",
    ),
    Sight(
        Text("a notification on your phone", "手机收到通知"),
        NOTICES,
        "aliyun-ops status",
    ),
    Sight(
        Text("an alarm by its name, `SpotRecreation...`", "以 `SpotRecreation...` 命名的告警"),
        ALARMS,
        "aliyun-ops status",
    ),
    Sight(
        Text(
            "“parked” in a notification, an alarm of a queue, `status` or `dlq list`",
            "通知、队列告警、`status` 或 `dlq list` 中的“搁置”",
        ),
        PARKED,
        "aliyun-ops dlq list",
    ),
    Sight(
        Text("a dead letter “moved by the queue”", "死信“由队列移入”"),
        _MOVED,
        "aliyun-ops dlq list --error moved",
    ),
    Sight(
        Text("a dead letter “not delivered by EventBridge”", "死信“EventBridge 未能投递”"),
        _UNDELIVERED,
        "aliyun-ops reconcile",
    ),
    Sight(
        Text("“one replacement too many”, “quarantined”", "“多余的替代实例”、“隔离”"),
        _QUARANTINED,
        "aliyun-ops status",
    ),
    Sight(
        Text("`doctor` says “wrong”, “risk” or “note”", "`doctor` 报“错误”、“风险”或“提示”"),
        FINDINGS,
        "aliyun-ops doctor",
    ),
    Sight(
        Text(
            "recovered, but something is missing, changed or degraded",
            "已恢复，但有缺失、变化或降级",
        ),
        RECEIPTS,
        "aliyun-ops receipt ID",
    ),
    Sight(
        Text("data is missing on the replacement", "替代实例上缺数据"),
        GET_AT,
        "aliyun-ops receipt ID",
    ),
    Sight(
        Text("`status` says how far it is; is that good?", "`status` 显示的进度是否正常"),
        STATUS,
        "aliyun-ops status",
    ),
    Sight(
        Text("the bill grows; what may be deleted?", "费用上涨，哪些可以删除"),
        SWEEP,
        "aliyun-ops sweep",
    ),
    Sight(
        Text("`audit` says “at risk” or “would not survive”", "`audit` 报“有风险”或“不能恢复”"),
        AUDIT,
        "aliyun-ops audit",
    ),
)

QUARANTINED = Entry(
    Text("one replacement too many", "多余的替代实例"),
    Text(
        "Two workers met without seeing each other, and two replacements of one source were launched. The earlier stays; the other carries the tag `spot-recreation:quarantined` with the id of the one that stays. Or, with `launch.takeover: overlap` or near the end of a notice, the notice was taken back after the launch: the source still runs, and the replacement carries `spot-recreation:beside` with its id.",
        "两个工作进程没有看到对方，同一源实例启动了两台替代实例。保留较早的一台；另一台带有标签 `spot-recreation:quarantined`，值是保留的那台的 ID。也可能在 `launch.takeover: overlap` 时或通知即将到期时，启动替代实例之后通知被撤回：源实例仍在运行，替代实例带有标签 `spot-recreation:beside`，值是源实例的 ID。",
    ),
    Text(
        "Both run and both are whole: addresses and load balancers go to the one that stays. The other costs money, and what runs in it by itself (timers, consumers of queues) may do work twice. With `beside` they have stayed with the source: choose yourself which of the two goes, then take the tag off.",
        "两台都在运行，数据都完整；地址和负载均衡只交给保留的那台。另一台会计费，其中自动运行的程序（定时任务、消息消费者）可能重复工作。带有 `beside` 标签时，它们仍在源实例上：由你决定去掉哪一台，然后去掉该标签。",
    ),
    (
        Text(
            "`aliyun-ops status` names both. Does your service do work twice? Stop the marked one: `aliyun ecs StopInstance --InstanceId INSTANCE`.",
            "`aliyun-ops status` 列出两台。如果业务会重复执行，先停掉被标记的那台：`aliyun ecs StopInstance --InstanceId INSTANCE`。",
        ),
        Text(
            "See that the other one serves. Look into the marked one for writes that only it has.",
            "确认另一台在正常服务，并检查被标记的那台有没有独有的数据。",
        ),
        Text(
            "Then delete the marked one by hand, in the console; nothing of ours deletes an instance.",
            "然后在控制台手动删除被标记的实例；本工具从不删除实例。",
        ),
    ),
    Text(
        "It should be rare. [What holds, and what it rests on](promises.md) tells when it can happen; often: report it.",
        "这种情况应当很少见，成因见[承诺及其依据](promises.md)；经常出现请提交问题报告。",
    ),
)

BY_HAND: Mapping[Text, Text] = {
    NOTHING_HAPPENS: Text(
        """\
**Now**, in this order; five minutes are all there is.

1. `aliyun-ops reconcile`: every spot instance that is locked and has no recreation goes into the queue. It says for each how it stands.
2. `aliyun-ops status`: does it move? If a message stays in the queue, no worker runs: [SpotRecreationNoWorker](#spotrecreationnoworker).
3. It is not in the list: `aliyun-ops audit` says under “left alone” why it is not ours.
4. No worker can be had: begin the image yourself, `aliyun ecs CreateImage --RegionId REGION --InstanceId INSTANCE`, and let the disks stay, `aliyun ecs ModifyDiskAttribute --RegionId REGION --DiskIds.1 DISK --DeleteWithInstance false`.

**Later:** `aliyun-ops doctor` says why the event did not come. `aliyun-ops reconcile` belongs on a timer of a minute or two.
""",
        """\
**现在**，按顺序做，总共只有五分钟：

1. `aliyun-ops reconcile`：所有已锁定而没有重建的抢占式实例都会入队，并逐台说明情况。
2. `aliyun-ops status`：有进展吗？如果消息一直留在队列里，说明没有工作进程：见 [SpotRecreationNoWorker](#spotrecreationnoworker)。
3. 列表里没有它：`aliyun-ops audit` 的“不处理”部分会说明为什么不归本工具管。
4. 实在没有工作进程可用：自己开始制作镜像 `aliyun ecs CreateImage --RegionId REGION --InstanceId INSTANCE`，并保留磁盘 `aliyun ecs ModifyDiskAttribute --RegionId REGION --DiskIds.1 DISK --DeleteWithInstance false`。

**以后：** 用 `aliyun-ops doctor` 查明事件为什么没来。`aliyun-ops reconcile` 应由定时任务每一两分钟运行一次。
""",
    ),
    GET_AT: Text(
        """\
A retained disk holds everything up to the source's stop. It can be attached in its own zone only.

1. Which disk: the receipt or `aliyun-ops dlq show ID` lists it; else the tag `spot-recreation:source`.
2. Make a snapshot first, so that nothing can go wrong: `aliyun ecs CreateSnapshot --DiskId DISK`.
3. Attach it to an instance in the same zone: `aliyun ecs AttachDisk --InstanceId INSTANCE --DiskId DISK`. No instance there: make a disk in another zone from the snapshot.
4. Mount it, read-only at first, and copy what is missing: `mount -o ro /dev/vdb1 /mnt` (XFS: `-o ro,nouuid`).
5. A system disk can also become an image: `aliyun ecs CreateImage --RegionId REGION --SnapshotId SNAPSHOT`, from which an instance is launched in the console.

**Later:** `aliyun-ops sweep` lists the disk until you name it: `aliyun-ops sweep --apply DISK`.
""",
        """\
保留的磁盘包含源实例停机之前的全部数据，只能挂载到同一可用区的实例。

1. 是哪块盘：见回执或 `aliyun-ops dlq show ID`；也可按标签 `spot-recreation:source` 查找。
2. 先做快照，以防万一：`aliyun ecs CreateSnapshot --DiskId DISK`。
3. 挂载到同一可用区的实例：`aliyun ecs AttachDisk --InstanceId INSTANCE --DiskId DISK`。该可用区没有实例时，用快照在其他可用区创建磁盘。
4. 先以只读方式挂载，再拷贝缺少的数据：`mount -o ro /dev/vdb1 /mnt`（XFS 用 `-o ro,nouuid`）。
5. 系统盘也可以做成镜像：`aliyun ecs CreateImage --RegionId REGION --SnapshotId SNAPSHOT`，再在控制台用它创建实例。

**以后：** 在您写明磁盘 ID 之前，`aliyun-ops sweep` 会一直列出它：`aliyun-ops sweep --apply DISK`。
""",
    ),
}

LABELS: Mapping[str, Text] = {
    "see": Text("what you see", "看到的现象"),
    "section": Text("go to", "看哪一节"),
    "first": Text("run first", "先运行"),
    "happened": Text("What has happened", "发生了什么"),
    "safe": Text("What is safe", "哪些是安全的"),
    "now": Text("Now", "现在"),
    "later": Text("Later", "以后"),
    "meanwhile": Text("In the meantime", "修复之前"),
    "says": Text("it says", "显示"),
    "word": Text("word", "代号"),
    "means": Text("meaning", "含义"),
    "todo": Text("what to do", "怎么处理"),
    "if_set": Text("Where the setting says otherwise: ", "设置了其他地址时："),
    "else": Text("Else: ", "否则："),
    "wrong": Text("Wrong", "错误"),
    "risk": Text("Risk", "风险"),
    "note": Text("Note", "提示"),
}

INTROS: Mapping[Text, Text] = {
    PARKED: Text(
        "The worker has put these into the dead-letter queue with all that they carry. `aliyun-ops status` and `aliyun-ops dlq list` show the reason in brackets. `moved` and `undelivered` come from the queue and from EventBridge instead. What was finished by others meanwhile goes with `aliyun-ops dlq discard`, which takes nothing else. What you have settled in another way, such as with a server launched by hand, the cloud does not show as finished: delete its message in the SMQ console.",
        "工作进程把这些消息连同全部进度放进了死信队列。`aliyun-ops status` 和 `aliyun-ops dlq list` 会在括号里显示原因。`moved` 和 `undelivered` 例外，分别来自队列和 EventBridge。已在此期间完成的可用 `aliyun-ops dlq discard` 移除，其他消息它不会动。您用其他办法解决的（例如手动启动了服务器），云端看不出已经完成：请在 SMQ 控制台删除对应的消息。",
    ),
    ALARMS: Text(
        "The names are those of the rules for Prometheus. Alarms of CloudMonitor are called after their queue, here by the names that it has by default:",
        "名称与 Prometheus 告警规则一致。云监控告警以队列命名，下表为默认名称：",
    ),
    FINDINGS: Text(
        "“Wrong” ends recreations, “risk” will, “note” is worth knowing. Words in capitals stand for names that `doctor` fills in.",
        "“错误”会使重建失败，“风险”早晚会，“提示”值得了解。大写的词代表 `doctor` 填入的名称。",
    ),
    RECEIPTS: Text(
        "`aliyun-ops receipt ID` where `receipts.directory` is set; else the log line `recreation_finished` has it. Each receipt ends with what to do now.",
        "设置了 `receipts.directory` 时用 `aliyun-ops receipt ID` 查看，否则见日志行 `recreation_finished`。每份回执末尾都写明现在要做什么。",
    ),
    NOTICES: Text(
        "The title says the kind; each ends with what to do. No notification arrives at all: `aliyun-ops notify test` sends an example to every channel and says which of them took it.",
        "标题说明类型，正文末尾写明要做什么。如果一条通知都收不到：`aliyun-ops notify test` 向每个渠道发送示例，并说明哪些成功。",
    ),
    STATUS: Text(
        "`aliyun-ops status` looks at tags in the cloud, which are the truth, and at what can be seen of the queues. A message that a worker holds cannot be seen.",
        "`aliyun-ops status` 查看云上的标签（以此为准）和队列中可见的消息。被工作进程持有的消息不可见。",
    ),
    SWEEP: Text(
        "`aliyun-ops sweep` lists; only `--apply` deletes, never an instance, and after a question. Nothing of it is urgent at night.",
        "`aliyun-ops sweep` 只列出；加 `--apply` 并确认后才删除，且从不删除实例。夜里没有一项是着急的。",
    ),
    AUDIT: Text(
        "`aliyun-ops audit` tells beforehand what an interruption would do.",
        "`aliyun-ops audit` 事前说明中断会带来什么。",
    ),
}
