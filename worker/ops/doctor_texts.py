"""What each finding of `doctor` means: one table, in English and in Chinese, for the command and the runbook.

`what` is the sentence of the finding, `why` what comes of it, `fix` the command that mends it, `hand` what a
person does first or, where no command mends it, instead. All may name the values of the finding in braces.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.core.diagnosis import Code, Gap, Severity


@dataclass(frozen=True, slots=True)
class Text:
    """A text in both languages."""

    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One row of the table.

    Attributes:
        fix: A command for a shell, the same in every language; empty where none mends it.
        hand: What a person does before the command, or instead of one.
        hand_if_set: The same where a setting has put another address in place of the derived one.
    """

    severity: Severity
    what: Text
    why: Text
    fix: str = ""
    hand: Text | None = None
    hand_if_set: Text | None = None


_APPLY = "aliyun-ops rule apply"
_UNSET = Text(
    "Take `endpoints.{api}` out of the configuration file, and {derived} is called, which is the address for this account and region.",
    "从配置文件中删除 `endpoints.{api}`，就会改用本账号和地域的地址 {derived}。",
)
_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

EXPLANATIONS: Mapping[Code, Explanation] = {
    Code.SIGNING_KEY_MISSING: Explanation(
        _ERROR,
        Text("ALIYUN_OPS_SIGNING_KEY is not set.", "未设置 ALIYUN_OPS_SIGNING_KEY。"),
        Text(
            "Progress in messages counts only when it is signed; without the key no worker starts.",
            "消息中的进度只有签名后才有效；没有密钥，工作进程不会启动。",
        ),
        "export ALIYUN_OPS_SIGNING_KEY=$(openssl rand -hex 32)",
    ),
    Code.CREDENTIALS_MISSING: Explanation(
        _ERROR,
        Text("No credentials were found.", "没有找到凭证。"),
        Text(
            "Neither the environment nor a RAM role of this host gives an access key; on ECS attach a RAM role to the instance.",
            "环境变量和本机的 RAM 角色都没有提供访问密钥；在 ECS 上请为实例绑定 RAM 角色。",
        ),
        "export ALIBABA_CLOUD_ACCESS_KEY_ID=... ALIBABA_CLOUD_ACCESS_KEY_SECRET=...",
    ),
    Code.CREDENTIALS_REFUSED: Explanation(
        _ERROR,
        Text(
            "The cloud refuses the access key: {code}.",
            "云端拒绝该访问密钥：{code}。",
        ),
        Text(
            "The key is unknown, disabled or expired, or its secret is another's; nothing else can be checked.",
            "密钥不存在、已停用、已过期或与 Secret 不匹配；其余项目无法检查。",
        ),
        "export ALIBABA_CLOUD_ACCESS_KEY_ID=... ALIBABA_CLOUD_ACCESS_KEY_SECRET=...",
    ),
    Code.CLOCK_WRONG: Explanation(
        _ERROR,
        Text(
            "This machine's clock is off by {seconds} s (+ is ahead of the cloud).",
            "本机时钟与云端相差 {seconds} 秒（+ 表示本机偏快）。",
        ),
        Text(
            "Requests signed more than 15 minutes off are refused.",
            "签名时间相差超过 15 分钟的请求会被拒绝。",
        ),
        "sudo chronyc makestep",
    ),
    Code.CLOCK_DRIFTS: Explanation(
        _WARNING,
        Text(
            "This machine's clock is off by {seconds} s (+ is ahead of the cloud).",
            "本机时钟与云端相差 {seconds} 秒（+ 表示本机偏快）。",
        ),
        Text(
            "From 15 minutes on every request is refused, and times in logs mislead.",
            "超过 15 分钟后所有请求都会被拒绝，日志时间也会误导。",
        ),
        "sudo chronyc makestep",
    ),
    Code.ENDPOINT_UNREACHABLE: Explanation(
        _ERROR,
        Text(
            "endpoints.{api}: {url} does not answer.",
            "endpoints.{api}：{url} 没有应答。",
        ),
        Text(
            "The address is wrong, or a firewall, a proxy or the VPC keeps this machine from it.",
            "地址有误，或被防火墙、代理或 VPC 阻断。",
        ),
        hand=Text(
            "It is the address for this account and region: no command of this program mends it. Open the way to it (DNS, route, security group, proxy), or set `endpoints.network` to the side of the cloud that this machine is on: `vpc` or `public`.",
            "这已是本账号和地域的地址，本程序没有命令可以修复。请打通到它的网络（DNS、路由、安全组、代理），或把 `endpoints.network` 设为本机所在的一侧：`vpc` 或 `public`。",
        ),
        hand_if_set=_UNSET,
    ),
    Code.ENDPOINT_WRONG: Explanation(
        _ERROR,
        Text(
            "endpoints.{api}: {url} does not answer as that API ({about}).",
            "endpoints.{api}：{url} 的应答不是该 API 的应答（{about}）。",
        ),
        Text(
            "Something else listens there, or it is the address of another API or region.",
            "该地址上是其他服务，或是另一个 API 或地域的地址。",
        ),
        hand=Text(
            "It is the address for this account and region: no command of this program mends it. See which machine answers in place of the cloud: a proxy (`HTTPS_PROXY`), the DNS or `/etc/hosts`; and whether `region` is right.",
            "这已是本账号和地域的地址，本程序没有命令可以修复。请查明是谁代替云端应答：代理（`HTTPS_PROXY`）、DNS 或 `/etc/hosts`；并检查 `region` 是否正确。",
        ),
        hand_if_set=_UNSET,
    ),
    Code.QUEUE_MISSING: Explanation(
        _ERROR,
        Text("The queue {queue} does not exist.", "队列 {queue} 不存在。"),
        Text("What is sent to it is lost.", "发往该队列的消息会丢失。"),
        _APPLY,
    ),
    Code.QUEUE_UNFIT: Explanation(
        _ERROR,
        Text("The queue {queue} is a FIFO queue.", "队列 {queue} 是 FIFO 队列。"),
        Text(
            "EventBridge cannot write to it, and the kind of a queue cannot be changed.",
            "EventBridge 无法写入，而队列的类型不能更改。",
        ),
        _APPLY,
        Text(
            "First write `queue.{setting}: {free}`, or another name that no queue has, into the configuration file of every worker. Then:",
            "先在每个工作进程的配置文件中写入 `queue.{setting}: {free}`，或其他没有队列使用的名称。然后：",
        ),
    ),
    Code.DEAD_LETTER_POLICY_MISSING: Explanation(
        _ERROR,
        Text(
            "The queue {queue} has no dead-letter policy.",
            "队列 {queue} 没有死信策略。",
        ),
        Text(
            "A message that kills every worker comes back until it expires, and is then lost.",
            "使工作进程反复崩溃的消息会一直重现直到过期，然后丢失。",
        ),
        _APPLY,
    ),
    Code.DEAD_LETTERS_ELSEWHERE: Explanation(
        _WARNING,
        Text(
            "Dead letters of {queue} go to {found} and not to {wanted}.",
            "队列 {queue} 的死信进入 {found}，而不是 {wanted}。",
        ),
        Text("`status` does not show them there.", "`status` 不会显示那里的消息。"),
        _APPLY,
    ),
    Code.RECEIVE_LIMIT_SMALL: Explanation(
        _ERROR,
        Text(
            "The queue {queue} gives a message up after {found} receives; a recreation may need {needed}.",
            "队列 {queue} 在接收 {found} 次后放弃消息；一次重建可能需要 {needed} 次。",
        ),
        Text(
            "Healthy recreations end among the dead letters.",
            "正常的重建会被放入死信队列。",
        ),
        _APPLY,
    ),
    Code.RETENTION_SHORT: Explanation(
        _ERROR,
        Text(
            "The queue {queue} keeps messages for {found} days instead of {wanted}.",
            "队列 {queue} 只保留消息 {found} 天，而不是 {wanted} 天。",
        ),
        Text(
            "What is older is lost, a recreation under way or a parked message included.",
            "更早的消息会丢失，包括进行中的重建和搁置的消息。",
        ),
        _APPLY,
    ),
    Code.MESSAGES_TOO_SMALL: Explanation(
        _ERROR,
        Text(
            "The queue {queue} takes messages of {found} bytes instead of {wanted}.",
            "队列 {queue} 只接受 {found} 字节的消息，而不是 {wanted} 字节。",
        ),
        Text("Progress may not fit beside its event.", "进度可能放不进消息。"),
        _APPLY,
    ),
    Code.RULE_MISSING: Explanation(
        _ERROR,
        Text("There is no rule {rule} on the bus {bus}.", "总线 {bus} 上没有规则 {rule}。"),
        Text("No interruption reaches the queue.", "没有任何中断通知会到达队列。"),
        _APPLY,
    ),
    Code.RULE_DISABLED: Explanation(
        _ERROR,
        Text("The rule {rule} is disabled.", "规则 {rule} 已停用。"),
        Text("No interruption reaches the queue.", "没有任何中断通知会到达队列。"),
        _APPLY,
    ),
    Code.RULE_PATTERN_WRONG: Explanation(
        _ERROR,
        Text(
            "The pattern of the rule {rule} does not take interruptions.",
            "规则 {rule} 的事件模式不匹配中断事件。",
        ),
        Text("No interruption reaches the queue.", "没有任何中断通知会到达队列。"),
        _APPLY,
    ),
    Code.RULE_PATTERN_UNJUDGED: Explanation(
        _NOTE,
        Text(
            "The pattern of the rule {rule} has operators that only the cloud can judge.",
            "规则 {rule} 的事件模式含有只能由云端判断的操作符。",
        ),
        Text(
            "It may take interruptions or not.",
            "它可能匹配中断事件，也可能不匹配。",
        ),
        _APPLY,
    ),
    Code.RULE_TARGET_WRONG: Explanation(
        _ERROR,
        Text(
            "No target of the rule {rule} writes to the queue {queue}.",
            "规则 {rule} 没有写入队列 {queue} 的目标。",
        ),
        Text("No interruption reaches the queue.", "没有任何中断通知会到达队列。"),
        _APPLY,
    ),
    Code.RULE_BASE64_DIFFERS: Explanation(
        _NOTE,
        Text(
            "The target {target} of the rule {rule} has base64 {found}, the configuration {wanted}.",
            "规则 {rule} 的目标 {target} 的 base64 为 {found}，配置为 {wanted}。",
        ),
        Text(
            "The worker reads both; another reader of the queue may not.",
            "工作进程两种都能读取；队列的其他读取者未必可以。",
        ),
        _APPLY,
    ),
    Code.RULE_DROPS_UNDELIVERED: Explanation(
        _WARNING,
        Text(
            "The target {target} of the rule {rule} has no dead-letter queue.",
            "规则 {rule} 的目标 {target} 没有死信队列。",
        ),
        Text(
            "What EventBridge cannot deliver is dropped instead of being kept in {undelivered}.",
            "EventBridge 无法投递的事件会被丢弃，而不是保留在 {undelivered}。",
        ),
        _APPLY,
    ),
    Code.RULE_UNDELIVERED_ELSEWHERE: Explanation(
        _WARNING,
        Text(
            "What the target {target} of the rule {rule} cannot deliver goes to {found} and not to {wanted}.",
            "规则 {rule} 的目标 {target} 无法投递的事件进入 {found}，而不是 {wanted}。",
        ),
        Text("`dlq` does not find it there.", "`dlq` 命令在那里找不到它们。"),
        _APPLY,
    ),
    Code.SERVICE_ROLE_MISSING: Explanation(
        _ERROR,
        Text(
            "The service-linked role AliyunServiceRoleForEventBridgeSendToMNS does not exist.",
            "服务关联角色 AliyunServiceRoleForEventBridgeSendToMNS 不存在。",
        ),
        Text(
            "EventBridge delivers nothing to the queue, and says nothing.",
            "EventBridge 不会向队列投递任何事件，也不会提示。",
        ),
        _APPLY,
    ),
    Code.PERMISSION_MISSING: Explanation(
        _ERROR,
        Text(
            "Not permitted to the worker's credentials: {actions}.",
            "工作进程的凭证没有权限：{actions}。",
        ),
        Text(
            "A recreation that needs it is parked or goes without.",
            "需要该权限的重建会被搁置，或缺少相应部分。",
        ),
        (
            "aliyun ram CreatePolicyVersion --PolicyName aliyun-ops-worker --SetAsDefault true"
            ' --PolicyDocument "$(aliyun-ops doctor --policy worker)"'
        ),
    ),
    Code.LOOK_DENIED: Explanation(
        _WARNING,
        Text(
            "Not permitted to look at {thing}, so that it was not checked.",
            "没有权限查看 {thing}，因此未检查。",
        ),
        Text(
            "doctor needs a few reads that the worker does not: those of deploy/ram/doctor.json.",
            "doctor 需要几项工作进程不需要的读取权限：见 deploy/ram/doctor.json。",
        ),
        (
            "aliyun ram CreatePolicyVersion --PolicyName aliyun-ops-doctor --SetAsDefault true"
            ' --PolicyDocument "$(aliyun-ops doctor --policy doctor)"'
        ),
    ),
    Code.SPOT_QUOTA_SHORT: Explanation(
        _WARNING,
        Text(
            "{used} of {limit} vCPUs of the quota for spot instances are in use.",
            "抢占式实例 vCPU 配额已使用 {used}，共 {limit}。",
        ),
        Text(
            "A replacement is launched while its source still counts; it may not fit.",
            "替代实例启动时源实例仍计入配额，可能放不下。",
        ),
        hand=Text(
            "No command raises it: ask for more at https://quotas.console.aliyun.com/products/ecs/quotas, or release spot instances that nobody needs.",
            "没有命令可以提高它：请在 https://quotas.console.aliyun.com/products/ecs/quotas 申请，或释放不再需要的抢占式实例。",
        ),
    ),
    Code.IMAGE_QUOTA_SHORT: Explanation(
        _WARNING,
        Text(
            "{used} of {limit} custom images of the region exist.",
            "本地域自定义镜像已有 {used} 个，配额为 {limit}。",
        ),
        Text(
            "Without room for an image a source cannot be saved.",
            "没有镜像配额就无法保存源实例。",
        ),
        "aliyun-ops sweep --apply",
    ),
    Code.SNAPSHOT_QUOTA_SHORT: Explanation(
        _WARNING,
        Text(
            "The disk {disk} has {used} of {limit} snapshots.",
            "磁盘 {disk} 已有 {used} 个快照，配额为 {limit}。",
        ),
        Text(
            "Without room for a snapshot no image of its instance can be made.",
            "没有快照配额就无法制作该实例的镜像。",
        ),
        "aliyun-ops sweep --apply",
    ),
    Code.OWN_HOST_SPOT: Explanation(
        _ERROR,
        Text(
            "This worker runs on the spot instance {instance}.",
            "该工作进程运行在抢占式实例 {instance} 上。",
        ),
        Text(
            "It is never recreated by itself, and it goes when it is needed most: first install a worker with the same signing key on an instance that is not spot (HOST), then stop this one.",
            "它不会重建自己，并会在最需要时被回收：请先用同一个签名密钥在一台非抢占式实例（HOST）上安装工作进程，再停止本机的。",
        ),
        # In this order, and only then: copied as it stands it ends at HOST, and the only worker runs on.
        "ssh -t HOST sudo aliyun-ops/deploy/ecs/install.sh && sudo systemctl stop 'aliyun-ops@*'"
        " && sudo systemctl disable aliyun-ops@.service",
    ),
    Code.CHECK_FAILED: Explanation(
        _WARNING,
        Text(
            "{thing} could not be looked at: {about}.",
            "无法查看 {thing}：{about}。",
        ),
        Text("It was not checked.", "因此未检查。"),
        hand=Text(
            "Nothing is known to be wrong, so that no command mends it: look again with `aliyun-ops doctor` when the cloud answers.",
            "没有发现故障，因此没有命令可以修复：等云端恢复应答后再运行 `aliyun-ops doctor`。",
        ),
    ),
}

# What was not tried is no finding: nothing says that it is wrong.
UNTRIED: Mapping[Gap, Text] = {
    Gap.PERMISSIONS: Text(
        "Permissions that cannot be tried without an effect: {actions}. Compare your policies with `aliyun-ops doctor --policy worker`.",
        "无法在不产生影响的情况下尝试的权限：{actions}。请把您的权限策略与 `aliyun-ops doctor --policy worker` 对照。",
    ),
    Gap.IMAGE_QUOTA: Text(
        "The quota of custom images, which ECS does not tell: {used} exist. Give it with `--image-quota`, as Quota Center shows it.",
        "自定义镜像的配额，ECS 不提供：已有 {used} 个。请按配额中心所示，用 `--image-quota` 给出。",
    ),
    Gap.SPOT_QUOTA: Text(
        "The quota of vCPUs for spot instances, which the cloud did not tell: {used} are in use.",
        "抢占式实例的 vCPU 配额，云端未提供：已使用 {used}。",
    ),
}

DOCTOR_TEXTS: Mapping[str, tuple[str, str]] = {
    "doctor.sound": ("Nothing is wrong.", "没有发现问题。"),
    "doctor.error": ("wrong: ", "错误："),
    "doctor.warning": ("risk: ", "风险："),
    "doctor.note": ("note: ", "提示："),
    "doctor.untried": ("not tried: ", "未尝试："),
    "doctor.summary": (
        "{error} wrong, {warning} risks, {note} notes.",
        "错误 {error} 项，风险 {warning} 项，提示 {note} 项。",
    ),
}
