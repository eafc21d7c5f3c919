"""What stands beside the way of an interruption: roles, function, alarms. `rule` sets none of it up; Terraform and ROS do.

The Terraform files under deploy/terraform are written by hand from these values, the ROS template is made of them, and the
tests compare the two.
"""

from dataclasses import dataclass
from typing import Any, Final

from eventbridge.desired import EVENT_PATTERN, Place, pattern_text

# The prefix of the names of roles, policies and alarms, and the name of the function.
NAME: Final = "aliyun-ops"
# The service that takes a role on, and its policies in deploy/ram; the others there are for people. The instance of a worker runs
# the timers and `doctor`, too. Of the functions, the one that recreates takes no dead letter, and the one that takes them
# recreates nothing.
ROLES: Final = {
    "worker": ("ecs.aliyuncs.com", ("worker", "doctor", "audit", "replay")),
    "function": ("fc.aliyuncs.com", ("worker",)),
    "timed": ("fc.aliyuncs.com", ("replay",)),
}


@dataclass(frozen=True, slots=True)
class Function:
    """The function that works in place of a worker. Source: Function Compute 3.0, CreateFunction.

    Attributes:
        cpu: vCPUs; the platform takes between a quarter and all of the memory in GiB.
        timeout: Seconds of one invocation: `worker.hand_back_every` and the hand-back.
        concurrency: Most invocations at a time, taken from the account's share.
        retries: Of a failed asynchronous invocation; the queue repeats, and better.
        event_age: Seconds after which an invocation that did not start is dropped; a timer has been there by then.
        config: Where the package has its configuration.
    """

    handler: str = "worker.function.handler"
    runtime: str = "python3.12"
    cpu: float = 0.25
    memory: int = 256
    disk: int = 512
    timeout: int = 660
    concurrency: int = 2
    retries: int = 0
    event_age: int = 3600
    config: str = "/code/config.yaml"


FUNCTION: Final = Function()
# What timers run beside it, from the same package. Both tasks may be due at once, and an invocation that is late is of no use:
# the next one looks again.
TIMED: Final = Function(handler="worker.timed.handler", timeout=600, concurrency=2, event_age=60)
# Source: Function Compute, timer triggers: a timer has a minute at least. What waits in the queue waits for these.
TIMERS: Final[dict[str, dict[str, Any]]] = {
    f"sweep-{second:02}": {"cronExpression": f"{second} * * * * *", "enable": True, "payload": ""}
    for second in (0, 15, 30, 45)
}
# A lock leaves five minutes: the look for lost events comes by every minute, between two of the timers above, one of which then
# takes up what it sent. Dead letters are sent again from half of `queue.retention` on, which a day fits into many times. The
# times are UTC.
TASKS: Final[dict[str, dict[str, Any]]] = {
    "reconcile": {"cronExpression": "10 * * * * *", "enable": True, "payload": "reconcile"},
    "dlq-keep": {"cronExpression": "0 20 3 * * *", "enable": True, "payload": "dlq keep"},
}
# Source: Function Compute, EventBridge triggers; `Default` is the bus of the cloud's own events. The trigger is the quick way
# only: the rule delivers to the queue, too, so that it needs neither many tries nor a dead-letter queue of its own.
# `asyncInvocationType` is a parameter of the deployments: the documents of API 2021-04-06 call `true` asynchronous, as its name
# does, those of API 2023-03-30 (February 2026) call it synchronous. A synchronous call costs at most three repetitions, which
# are twins in the queue.
EVENT_TRIGGER: Final[dict[str, Any]] = {
    "triggerEnable": True,
    "asyncInvocationType": True,
    "eventRuleFilterPattern": pattern_text(EVENT_PATTERN),
    "eventSourceConfig": {"eventSourceType": "Default"},
    "eventSinkConfig": {"deliveryOption": {"eventSchema": "CloudEvents"}},
    "runOptions": {
        "mode": "event-driven",
        "errorsTolerance": "ALL",
        "retryStrategy": {"PushRetryStrategy": "BACKOFF_RETRY"},
    },
}


def failure_destination(place: Place, queue: str) -> str:
    """Name a queue as the destination of failed invocations.

    Source: Terraform provider, `alicloud_fc_function_async_invoke_config`, example and acceptance test (API 2021-04-06); the
    documents of API 2023-03-30 name SMQ with `mns:SendMessage` among the destinations, and show a topic in the same form.
    """
    return f"acs:mns:{place.region}:{place.account_id}:/queues/{queue}/messages"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm on a queue that should be empty.

    Source: CloudMonitor, "Message Service monitoring" (`ActiveMessages` with userId, region and queue, every five minutes) and the
    namespaces of "Appendix 1: Metrics". GetQueueAttributes (2022-01-19) leads from ActiveMessages to `NumberOfMessagesVisible` of
    the namespace `acs_smq`, whose dimensions no public page shows; both are parameters of the deployments, and go together.

    Attributes:
        metric: Visible messages.
        period: Seconds that one figure stands for.
        silence: Seconds before the same alarm is told again.
    """

    namespace: str = "acs_mns_new"
    metric: str = "ActiveMessages"
    statistics: str = "Maximum"
    period: int = 300
    times: int = 1
    threshold: int = 0
    silence: int = 3600


ALARM: Final = Alarm()
# The roles of the queues that nothing should be in.
SHOULD_BE_EMPTY: Final = ("dead_letters", "undelivered")
