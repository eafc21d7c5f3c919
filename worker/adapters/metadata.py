"""Who this host is, asked of the ECS metadata service.

Source: ECS "Instance metadata": `http://100.100.100.200/latest/meta-data/instance-id`, with a token
obtained by PUT in the hardened mode.
"""

import re
import urllib.request
from collections.abc import Callable
from typing import Final

_BASE: Final = "http://100.100.100.200/latest"
_TIMEOUT_SECONDS: Final = 1.0
_TTL: Final = "60"
_ANSWER_BYTES_MAX: Final = 256
_INSTANCE_ID: Final = re.compile(r"i-[0-9a-z]{8,32}\Z")

Open = Callable[[urllib.request.Request, float], bytes]


def own_instance_id(open_: Open | None = None) -> str:
    """Return the id of the instance that this runs on, or an empty string anywhere else."""
    ask = open_ or _open
    try:
        token = ask(_request("/api/token", "PUT", "ttl-seconds", _TTL), _TIMEOUT_SECONDS)
        text = ask(
            _request("/meta-data/instance-id", "GET", "", token.decode("ascii")), _TIMEOUT_SECONDS
        ).decode("ascii")
    except (OSError, ValueError):
        return ""
    return text if _INSTANCE_ID.match(text) else ""


def _request(path: str, method: str, suffix: str, value: str) -> urllib.request.Request:
    header = "X-aliyun-ecs-metadata-token" + (f"-{suffix}" if suffix else "")
    url = _BASE + path
    return urllib.request.Request(url, method=method, headers={header: value})  # noqa: S310 - fixed


def _open(request: urllib.request.Request, seconds: float) -> bytes:
    # No proxy: the address is link-local.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=seconds) as answer:
        return bytes(answer.read(_ANSWER_BYTES_MAX))
