"""Sample events for `rule test`: what the pattern must take, what it must leave, and a message that harms nothing."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from eventbridge.cloud import Cloud
from eventbridge.desired import EVENT_PATTERN, pattern_text
from eventbridge.pattern import takes
from worker.settings import Settings

# No such instance can exist: ids that the cloud gives out hold more than zeros.
NO_INSTANCE = "i-00000000000000000000"


def _event(name: str, data: Mapping[str, str], *, source: str = "acs.ecs") -> dict[str, Any]:
    # Source: EventBridge, event overview and ECS events.
    return {
        "specversion": "1.0",
        "id": "00000000-0000-4000-8000-000000000000",
        "source": source,
        "type": name,
        "datacontenttype": "application/json;charset=utf-8",
        "subject": f"acs:ecs:cn-hangzhou:1234567890123456:instance/{NO_INSTANCE}",
        "time": "2026-01-01T00:00:00Z",
        "aliyunaccountid": "1234567890123456",
        "aliyunregionid": "cn-hangzhou",
        "data": dict(data),
    }


_INTERRUPTION = "ecs:Instance:PreemptibleInstanceInterruption"
_RELEASE = {"instanceId": NO_INSTANCE, "action": "delete"}

# Each sample with whether the pattern must take it.
SAMPLES: Mapping[str, tuple[dict[str, Any], bool]] = MappingProxyType(
    {
        "interruption": (_event(_INTERRUPTION, _RELEASE), True),
        "interruption-that-stops": (_event(_INTERRUPTION, {**_RELEASE, "action": "stop"}), True),
        "state-change": (
            _event("ecs:Instance:StateChange", {"resourceId": NO_INSTANCE, "state": "Stopped"}),
            False,
        ),
        "system-failure": (_event("ecs:Instance:SystemFailure.Delete", _RELEASE), False),
        "other-source": (_event(_INTERRUPTION, _RELEASE, source="my.application"), False),
        "other-case": (_event(_INTERRUPTION.lower(), _RELEASE), False),
    }
)


@dataclass(frozen=True, slots=True)
class SampleCheck:
    """What became of one sample; `remote` None when the cloud was not asked."""

    name: str
    expected: bool
    local: bool
    remote: bool | None

    @property
    def is_good(self) -> bool:
        """Tell whether everybody who was asked gave the expected answer."""
        return self.local == self.expected and self.remote in {None, self.expected}

    def row(self) -> tuple[str, ...]:
        """Write it as a row of a table."""
        words = {True: "yes", False: "no", None: "not asked"}
        return self.name, words[self.expected], words[self.local], words[self.remote]

    def as_data(self) -> dict[str, Any]:
        """Write it as plain data."""
        return asdict(self)


def check_samples(cloud: Cloud | None) -> tuple[SampleCheck, ...]:
    """Try every sample here and, when a cloud is given, there."""
    return tuple(
        SampleCheck(
            name=name,
            expected=expected,
            local=takes(EVENT_PATTERN, event),
            remote=cloud.matches(json.dumps(event), pattern_text(EVENT_PATTERN))
            if cloud is not None
            else None,
        )
        for name, (event, expected) in SAMPLES.items()
    )


def takes_interruption(pattern: str) -> bool | None:
    """Judge a rule's pattern by an interruption; None when it has operators, which only the cloud can judge."""
    try:
        found = json.loads(pattern)
        return isinstance(found, Mapping) and takes(found, _event(_INTERRUPTION, _RELEASE))
    except ValueError:
        return None


def harmless_message(settings: Settings, now: float) -> str:
    """Write a body as EventBridge would deliver it, for an instance that does not exist.

    Args:
        settings: Region, account, and whether the rule encodes bodies.
        now: Epoch seconds.
    """
    at = datetime.fromtimestamp(now, tz=timezone.utc)
    event = {
        **_event(_INTERRUPTION, _RELEASE),
        "id": f"aliyun-ops-rule-test-{int(now)}",
        "subject": f"acs:ecs:{settings.region}:{settings.account_id}:instance/{NO_INSTANCE}",
        "time": at.isoformat(timespec="seconds"),
        "aliyunaccountid": settings.account_id,
        "aliyunregionid": settings.region,
    }
    body = json.dumps(event)
    return base64.b64encode(body.encode()).decode() if settings.rule.base64 else body
