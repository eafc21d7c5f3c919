"""Port `Reach`: whether the cloud's APIs answer, and what time it is there."""

import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from typing_extensions import override

from worker import operator_ports
from worker.adapters import error_map
from worker.adapters.credentials import Provider
from worker.adapters.ecs.call import ApiRefusal, ConnectionLost, EcsCall
from worker.core.diagnosis import Failed, Seen, Trouble
from worker.core.errors import RecreationError

# What each API answers with a refusal of its own, without a signature.
_PATHS: Final = {"mns": "/queues"}
_OTHER_PATH: Final = "/?Action=DescribeRegions"
# A Date header is in whole seconds.
_HALF_SECOND: Final = 0.5


@dataclass(frozen=True, slots=True)
class HttpReach(operator_ports.Reach):
    """Port `Reach` over HTTP.

    Attributes:
        call: The seam to ECS, for the signed read.
        provider: Where credentials come from.
        region: Region id.
        wall: Real epoch seconds of this machine.
        seconds: Real seconds to wait for an answer.
    """

    call: EcsCall
    provider: Provider
    region: str
    wall: Callable[[], float]
    seconds: float

    @override
    def touch(self, api: str, url: str) -> Seen[float | None] | Failed:
        target = url + _PATHS.get(api, _OTHER_PATH)
        request = urllib.request.Request(target)  # noqa: S310 - the settings allow http and https
        asked_at = self.wall()
        try:
            with urllib.request.urlopen(request, timeout=self.seconds) as answer:  # noqa: S310
                date = answer.headers.get("date", "")
        except urllib.error.HTTPError as refused:
            with refused:
                date = refused.headers.get("date", "")
        except (OSError, ValueError) as error:
            return Failed(Trouble.UNREACHABLE, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - what listens there may speak anything
            return Failed(Trouble.UNREADABLE, type(error).__name__)
        return Seen(_ahead(date, (asked_at + self.wall()) / 2))

    @override
    def greet(self) -> Seen[None] | Failed:
        try:
            self.provider.get_credentials()
        except RecreationError:
            return Failed(Trouble.NO_CREDENTIALS)
        try:
            self.call("DescribeInstances", {"RegionId": self.region, "MaxResults": 1})
        except ApiRefusal as refused:
            return Failed(error_map.trouble_of(refused.code), refused.code)
        except ConnectionLost as lost:
            return Failed(Trouble.UNREADABLE, lost.reason)
        return Seen(None)


def _ahead(date: str, now: float) -> float | None:
    """Return by how many seconds `now` is ahead of a Date header; None when there is none."""
    try:
        return now - parsedate_to_datetime(date).timestamp() - _HALF_SECOND
    except ValueError:
        return None
