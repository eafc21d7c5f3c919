"""What a finding of `doctor` means for the interruptions that come meanwhile, and what to do once it is mended.

What it is, why, and the command that mends it stand in `worker.ops.doctor_texts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from worker.core.diagnosis import Code
from worker.ops.doctor_texts import Text


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What holds until it is mended, and what to do then."""

    safe: Text
    later: Text


_STANDS: Final = Meanwhile(
    Text(
        "No worker works with this. Events wait in the queue for `queue.retention`, but each instance has only its five minutes; what outlives it by itself stays.",
        "这种情况下工作进程无法工作。事件在队列中保留 `queue.retention`，但每台实例只有五分钟；本来就不随实例释放的东西会留下。",
    ),
    Text(
        "Restart the workers, then `aliyun-ops reconcile` and `aliyun-ops dlq list`.",
        "重启工作进程，然后运行 `aliyun-ops reconcile` 和 `aliyun-ops dlq list`。",
    ),
)
_UNHEARD: Final = Meanwhile(
    Text(
        "Interruptions reach nobody: each of them ends an instance for good. What is under way goes on.",
        "中断通知到不了任何地方：每次中断都会让一台实例彻底消失。已在进行的重建不受影响。",
    ),
    Text(
        "`aliyun-ops reconcile` every minute until an event has been seen to arrive, and once more then.",
        "在确认有事件到达之前，每分钟运行一次 `aliyun-ops reconcile`，之后再运行一次。",
    ),
)
_LEAKS: Final = Meanwhile(
    Text(
        "Recreations go on. What fails now may be lost without a trace in the dead letters.",
        "重建照常进行。但此时失败的消息可能丢失，死信队列里不留痕迹。",
    ),
    Text(
        "`aliyun-ops reconcile` and `aliyun-ops status`: is a source without a replacement?",
        "运行 `aliyun-ops reconcile` 和 `aliyun-ops status`，看有没有源实例缺少替代实例。",
    ),
)
_ENDS_DEAD: Final = Meanwhile(
    Text(
        "Recreations go on until the queue takes their message away; then image and disks stay, and nobody launches.",
        "重建会进行到消息被队列移走为止；镜像和磁盘都在，但没有人启动替代实例。",
    ),
    Text(
        "`aliyun-ops dlq replay --error moved`.",
        "运行 `aliyun-ops dlq replay --error moved`。",
    ),
)
_PARKS: Final = Meanwhile(
    Text(
        "A recreation that needs it is parked with what it has achieved, or goes without it and says so in its receipt.",
        "需要它的重建会连同已完成的内容一起搁置，或者不带它继续并在回执中注明。",
    ),
    Text(
        "`aliyun-ops dlq list --error refused_by_the_cloud`, then `aliyun-ops dlq replay --error refused_by_the_cloud`.",
        "运行 `aliyun-ops dlq list --error refused_by_the_cloud`，然后 `aliyun-ops dlq replay --error refused_by_the_cloud`。",
    ),
)
_UNKNOWN: Final = Meanwhile(
    Text(
        "Nothing is known to be wrong; one thing could not be looked at.",
        "没有发现故障，只是有一项无法检查。",
    ),
    Text(
        "Look again by day: an unchecked thing is not a sound one.",
        "白天再查：没查到不等于没问题。",
    ),
)
_HARMLESS: Final = Meanwhile(
    Text("Everything; this can wait for the day.", "没有影响，可以等到白天处理。"),
    Text("Mend it with the next change.", "下次变更时一并修复。"),
)
_OWN_HOST: Final = Meanwhile(
    Text(
        "All is well until this host is reclaimed: then events wait in the queue and nobody works.",
        "在这台主机被回收之前一切正常；一旦被回收，事件就在队列里等着而没有人处理。",
    ),
    Text(
        "Both may run at once: if the new one is not well yet (`journalctl -u 'aliyun-ops@*' -f` there), let this one run on. Once it is stopped, see with `aliyun-ops doctor` on the new host that nothing is wrong.",
        "两个可以同时运行：如果新的还不正常（在新主机上运行 `journalctl -u 'aliyun-ops@*' -f` 查看），就让本机的继续运行。停止本机的之后，在新主机上运行 `aliyun-ops doctor`，确认没有问题。",
    ),
)

MEANWHILE: Mapping[Code, Meanwhile] = {
    Code.SIGNING_KEY_MISSING: Meanwhile(
        Text(
            f"{_STANDS.safe.english} Take the key that the other workers have, and make a new one only where there is none: with another key, what is under way begins anew from its event.",
            f"{_STANDS.safe.chinese}请使用其他工作进程已有的密钥，从未有过密钥时才新建：换了密钥，进行中的重建会从事件重新开始。",
        ),
        _STANDS.later,
    ),
    Code.CREDENTIALS_MISSING: _STANDS,
    Code.CREDENTIALS_REFUSED: _STANDS,
    Code.CLOCK_WRONG: _STANDS,
    Code.CLOCK_DRIFTS: _HARMLESS,
    Code.ENDPOINT_UNREACHABLE: _STANDS,
    Code.ENDPOINT_WRONG: _STANDS,
    Code.QUEUE_MISSING: _UNHEARD,
    Code.QUEUE_UNFIT: _UNHEARD,
    Code.DEAD_LETTER_POLICY_MISSING: _LEAKS,
    Code.DEAD_LETTERS_ELSEWHERE: _LEAKS,
    Code.RECEIVE_LIMIT_SMALL: _ENDS_DEAD,
    Code.RETENTION_SHORT: _LEAKS,
    Code.MESSAGES_TOO_SMALL: _PARKS,
    Code.RULE_MISSING: _UNHEARD,
    Code.RULE_DISABLED: _UNHEARD,
    Code.RULE_PATTERN_WRONG: _UNHEARD,
    Code.RULE_PATTERN_UNJUDGED: _UNKNOWN,
    Code.RULE_TARGET_WRONG: _UNHEARD,
    Code.RULE_BASE64_DIFFERS: _HARMLESS,
    Code.RULE_DROPS_UNDELIVERED: _LEAKS,
    Code.RULE_UNDELIVERED_ELSEWHERE: _LEAKS,
    Code.SERVICE_ROLE_MISSING: _UNHEARD,
    Code.PERMISSION_MISSING: _PARKS,
    Code.LOOK_DENIED: _UNKNOWN,
    Code.SPOT_QUOTA_SHORT: _PARKS,
    Code.IMAGE_QUOTA_SHORT: _PARKS,
    Code.SNAPSHOT_QUOTA_SHORT: _PARKS,
    Code.OWN_HOST_SPOT: _OWN_HOST,
    Code.CHECK_FAILED: _UNKNOWN,
}
