"""What to do about each alarm of `deploy/observability`, `deploy/terraform` and `deploy/ros`."""

from collections.abc import Mapping

from worker.ops.doctor_texts import Text
from worker.ops.runbook.entry import Entry

# A pattern finds no unit that is stopped; the links of `enable` name every worker of the host.
_UNITS = "`ls /etc/systemd/system/multi-user.target.wants`"
_RESTART = "`systemctl restart aliyun-ops@1`"

# Alarms of CloudMonitor, by the names that they have when nothing else is configured, each with the
# section that tells what to do about it.
CLOUD_ALARMS: Mapping[str, str] = {
    "aliyun-ops-spot-interruptions-dead": "SpotRecreationParked",
    "aliyun-ops-spot-interruptions-undelivered": "undelivered",
}
ALARMS: Mapping[str, Entry] = {
    "SpotRecreationParked": Entry(
        Text("a recreation is parked", "有重建被搁置"),
        Text(
            "At least one message is in a dead-letter queue. It waits for a person and is not tried again by itself.",
            "死信队列里至少有一条消息，在等人处理，不会自动重试。",
        ),
        Text(
            "What was saved stays saved. The message itself is kept for `queue.retention`.",
            "已保存的内容不会丢。消息本身保留 `queue.retention` 那么久。",
        ),
        (
            Text(
                "`aliyun-ops dlq list`: the word in brackets is the reason; go to its section under [Parked messages](#parked-messages).",
                "运行 `aliyun-ops dlq list`：括号里的词就是原因，到[搁置的消息](#搁置的消息)中找同名小节。",
            ),
        ),
        Text(
            "The alarm ends when the queue is empty.",
            "队列清空后告警自动解除。",
        ),
    ),
    "SpotRecreationDeadLettersExpire": Entry(
        Text("a dead letter is about to expire", "死信即将过期"),
        Text(
            "A dead letter is older than five days, and a queue keeps none for longer than seven.",
            "有死信已超过五天，而队列最多保留七天。",
        ),
        Text(
            "Image and disks stay when the message expires; the knowledge of what they belong to goes with it, but for the tags.",
            "消息过期后镜像和磁盘仍在，但除了标签之外，它们属于哪次重建的信息会一起消失。",
        ),
        (
            Text(
                "`aliyun-ops dlq keep` sends it again, word for word: its time begins anew.",
                "运行 `aliyun-ops dlq keep`：原样重新发送，保留期重新计算。",
            ),
            Text(
                "Then decide: `aliyun-ops dlq list --older-than 4d`.",
                "然后处理它们：`aliyun-ops dlq list --older-than 4d`。",
            ),
        ),
        Text(
            "`aliyun-ops dlq keep` belongs on a daily timer.",
            "`aliyun-ops dlq keep` 应由定时任务每天运行。",
        ),
    ),
    "SpotRecreationNoWorker": Entry(
        Text("no worker runs", "没有工作进程在运行"),
        Text(
            "No worker answers on its metrics address: stopped, crashed, its host gone, or only the way to it is cut.",
            "没有任何工作进程应答监控：已停止、崩溃、主机不在，或只是网络不通。",
        ),
        Text(
            "Events wait in the queue. Each instance has five minutes, though: after that only what outlives it by itself is left.",
            "事件在队列里等着。但每台实例只有五分钟，之后只剩下本来就不随实例释放的东西。",
        ),
        (
            Text(
                f"On the worker's host as root: {_RESTART}, and so each that {_UNITS} names; then `systemctl status aliyun-ops@1`. One that does not run has been stopped by somebody: systemd starts again whatever ends by itself.",
                f"在工作进程的主机上以 root 运行 {_RESTART}，对 {_UNITS} 列出的每个编号都这样做；然后 `systemctl status aliyun-ops@1`。没有运行的是被人停掉的：自己退出的会由 systemd 重新启动。",
            ),
            Text(
                "Host gone: start a worker anywhere that has the credentials, the signing key and `config.yaml`: `aliyun-ops run`. Your own machine will do for the night.",
                "主机不在：在任何有凭证、签名密钥和 `config.yaml` 的机器上运行 `aliyun-ops run`，今晚用自己的电脑也行。",
            ),
            Text(
                "Does it end at once? Its last line names the setting or the variable; `aliyun-ops config check` and `aliyun-ops doctor` name all.",
                "如果一启动就退出：最后一行指出是哪个设置或变量；`aliyun-ops config check` 和 `aliyun-ops doctor` 会全部列出。",
            ),
            Text(
                "`aliyun-ops status`: what was held comes back when its lease ends.",
                "运行 `aliyun-ops status`：之前被持有的消息在租约到期后恢复。",
            ),
        ),
        Text(
            "Two workers on two hosts, in two zones, neither of them spot.",
            "在两个可用区的两台主机上各运行一个工作进程，都不要用抢占式实例。",
        ),
    ),
    "SpotRecreationNotReceiving": Entry(
        Text("the queues cannot be read", "无法读取队列"),
        Text(
            "Workers run, but every look into the queues fails.",
            "工作进程在运行，但读取队列一直失败。",
        ),
        Text(
            "Events wait in the queue, and their notices run out.",
            "事件在队列里等着，而通知期正在流逝。",
        ),
        (
            Text(
                "`aliyun-ops doctor`, on the worker's host: credentials, clock, endpoint or queue; it names the command.",
                "在工作进程的主机上运行 `aliyun-ops doctor`：检查凭证、时钟、接入地址和队列，并给出修复命令。",
            ),
            Text(
                "Nothing found: `journalctl -u 'aliyun-ops@*' -n 50`; the code is in the line `receive_failed`, and `no_credentials` says that the worker has no credentials; or ask `/readyz`.",
                "没有发现问题：看 `journalctl -u 'aliyun-ops@*' -n 50`：`receive_failed` 行有错误码，`no_credentials` 表示没有凭证，或访问 `/readyz`。",
            ),
            Text(
                "When it reads again: `aliyun-ops reconcile`.",
                "恢复之后：运行 `aliyun-ops reconcile`。",
            ),
        ),
        Text(
            "Keys that end should not be used by a worker: attach a RAM role.",
            "工作进程不要用会过期的密钥，请使用实例 RAM 角色。",
        ),
    ),
    "SpotRecreationLate": Entry(
        Text("notices come late", "通知来得晚"),
        Text(
            "One notice in ten is more than 20 s old when a worker takes it.",
            "每十条通知中至少有一条在工作进程收到时已超过 20 秒。",
        ),
        Text(
            "Everything so far; but less of the five minutes is left for the image.",
            "目前没有损失，但留给制作镜像的时间变少了。",
        ),
        (
            Text(
                "`aliyun-ops status`: many messages that can be seen mean that all workers are busy; start another one.",
                "运行 `aliyun-ops status`：如果可见消息很多，说明工作进程都在忙，请再启动一个。",
            ),
            Text(
                "An empty queue means that the events themselves come late: let `aliyun-ops reconcile` run every minute.",
                "如果队列是空的，说明事件本身来得晚：让 `aliyun-ops reconcile` 每分钟运行一次。",
            ),
        ),
        Text(
            "See how `worker.held_max` and `worker.concurrency` fit the number of spot instances in one zone.",
            "检查 `worker.held_max` 和 `worker.concurrency` 是否与单个可用区的抢占式实例数量相称。",
        ),
    ),
    "SpotRecreationNoticeUsedUp": Entry(
        Text("a recreation took longer than the notice", "重建耗时超过通知期"),
        Text(
            "A replacement ran only after the source had been released.",
            "源实例释放之后，替代实例才开始运行。",
        ),
        Text(
            "Nothing is lost by that alone: the receipt tells until when each disk's data is in the replacement.",
            "仅此并不会丢数据：回执写明替代实例上每块磁盘的数据截至何时。",
        ),
        (
            Text(
                "`aliyun-ops receipt ID`: the timeline shows which step waited.",
                "运行 `aliyun-ops receipt ID`：时间线显示哪一步在等待。",
            ),
        ),
        Text(
            "`aliyun-ops audit` says which instances will be late and what makes them faster.",
            "`aliyun-ops audit` 会指出哪些实例将来不及，以及如何加快。",
        ),
    ),
    "SpotRecreationThrottled": Entry(
        Text("the cloud refuses calls for their rate", "云端限流"),
        Text(
            "An API of the account is called more often than its quota allows, by the worker or by somebody else.",
            "账号的某个 API 调用超过配额，可能是工作进程，也可能是别的程序。",
        ),
        Text(
            "Everything: refused calls are repeated, the most urgent recreation first.",
            "没有损失：被拒绝的调用会重试，最紧急的重建优先。",
        ),
        (
            Text(
                "Stop other heavy callers of this account until the reclaim is over: scripts, scans, deployments.",
                "回收结束之前，暂停该账号下其他大量调用 API 的程序：脚本、扫描、部署。",
            ),
        ),
        Text(
            "Ask for a larger quota of the API that the alarm names, in Quota Center.",
            "在配额中心为告警中的 API 申请更高的配额。",
        ),
    ),
    "SpotRecreationBug": Entry(
        Text("a defect of the worker", "工作进程的缺陷"),
        Text(
            "A step raised an error that the worker does not know. The message was given back to the queue and is tried again.",
            "某一步出现了工作进程不认识的错误。消息已交还队列，会再次尝试。",
        ),
        Text(
            "The message, and all that was achieved before. If it fails `queue.max_receive_count` times it goes to the dead letters as [moved](#moved).",
            "消息和此前完成的内容都在。失败达 `queue.max_receive_count` 次后进入死信队列，见 [moved](#moved)。",
        ),
        (
            Text(
                "`journalctl -u 'aliyun-ops@*' -S -1h`: the line `bug` has step, source and place.",
                "运行 `journalctl -u 'aliyun-ops@*' -S -1h`：`bug` 行有步骤、源实例和出错位置。",
            ),
            Text(
                "Did it begin with an upgrade? Go back to the release before (`deploy/ecs/rollback.sh`).",
                "如果是升级后出现的：回退到上一个版本（`deploy/ecs/rollback.sh`）。",
            ),
        ),
        Text("Report it with that line.", "附上该行日志提交问题报告。"),
    ),
}
