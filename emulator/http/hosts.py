"""What the host name of a request says, for clients that keep the cloud's own names.

Host names are the same in capitals. Source: RFC 9110, 4.2.3.
"""

import re
from collections.abc import Sequence

# Public, internal and older internal names; the domain may be any that leads here.
# Source: SMQ "Endpoints".
_QUEUE_HOST = re.compile(
    r"(?P<account>\d+)\.mns\.(?P<region>[a-z0-9-]+?)(?:-internal(?:-vpc)?)?\.[a-z0-9.-]+(?::\d+)?\Z"
)


def queue_host(host: str) -> tuple[str, str] | None:
    """Return account and region that an SMQ host name holds; None for other hosts."""
    match = _QUEUE_HOST.match(host.lower())
    return (match["account"], match["region"]) if match else None


def region_of_host(host: str, regions: Sequence[str]) -> str | None:
    """Return the region that a host name like `ecs.cn-shanghai.aliyuncs.com` holds, if any."""
    labels = host.lower().partition(":")[0].split(".")
    return next((region for region in regions if region in labels), None)
