"""Channels through apprise: DingTalk, Feishu, WeCom, Slack, mail, webhooks and what else it knows.

It is imported when the first address is read, so that a worker without channels does not load it.
Its log lines and exceptions hold addresses: the former are silenced, the latter leave only a class.
"""

import importlib
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from worker.adapters import sdk_logging
from worker.core.notices import Kind, Message

# What WeCom takes in a text; the others take more. Source: WeCom, group robot, text.
MESSAGE_BYTES_MAX: Final = 2_048
# What a plugin puts between title and body.
_BETWEEN_BYTES: Final = 2
_ELLIPSIS: Final = "..."

# These answer HTTP 200 when they refuse; the code in the body tells. Sources: DingTalk, custom robot
# (errcode); WeCom, group robot (errcode); Feishu and Lark, custom bot (code, formerly StatusCode).
_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "dingtalk": ("errcode",),
    "wecombot": ("errcode",),
    "feishu": ("code", "StatusCode"),
    "lark": ("code", "StatusCode"),
}
# As people copy them from the robot's page; apprise reads those of the other channels itself.
_COPIED: Final = (
    (re.compile(r"https://oapi\.dingtalk\.com/robot/send\?access_token=(\w+)\Z"), "dingtalk"),
    (re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([\w-]+)/?\Z"), "feishu"),
)
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]{0,31})://", re.IGNORECASE)
_SEVERITY: Final[Mapping[Kind, str]] = {
    Kind.RECOVERED: "success",
    Kind.DEGRADED: "warning",
    Kind.PARKED: "failure",
    Kind.QUARANTINED: "failure",
}
_HTTP_OK: Final = range(200, 300)


class Answers(threading.local):
    """What the last answer of this thread's channel was, if it was no success."""

    reason: str = ""


_ANSWERS: Final = Answers()


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """One address behind apprise."""

    label: str
    plugin: Any

    def send(self, message: Message) -> str:
        """Send, and return why it failed; an empty string when it was taken."""
        _ANSWERS.reason = ""
        title, body = clipped(message.title, message.body)
        severity = _SEVERITY.get(message.kind, "info")
        try:
            is_sent = self.plugin.notify(body=body, title=title, notify_type=severity)
        except Exception as error:  # noqa: BLE001 - its text may hold the address
            return type(error).__name__
        return "" if is_sent else _ANSWERS.reason or "not taken"


def open_channels(urls: Sequence[str]) -> tuple[tuple[AppriseChannel, ...], tuple[str, ...]]:
    """Return the channels of these addresses, and the labels of those that cannot be used."""
    opened: list[AppriseChannel] = []
    unusable: list[str] = []
    for number, url in enumerate(urls, 1):
        label = f"{number} ({_scheme(url)})"
        plugin = _plugin(url)
        if plugin is None:
            unusable.append(label)
        else:
            opened.append(AppriseChannel(label, plugin))
    return tuple(opened), tuple(unusable)


def secrets_of(urls: Sequence[str]) -> tuple[str, ...]:
    """Return what must not be seen of addresses: each whole, and its longer parts."""
    parts = (part for url in urls for part in re.split(r"[/:@?&=,]+", url) if len(part) >= _LONG)
    return (*urls, *dict.fromkeys(parts))


_LONG: Final = 12


def clipped(title: str, body: str) -> tuple[str, str]:
    """Cut to what every channel takes, by bytes of UTF-8 and never inside a character."""
    title = _within(title, MESSAGE_BYTES_MAX // 4)
    return title, _within(body, MESSAGE_BYTES_MAX - _BETWEEN_BYTES - len(title.encode()))


def _within(text: str, room: int) -> str:
    if len(text.encode()) <= room:
        return text
    return text.encode()[: room - len(_ELLIPSIS)].decode(errors="ignore") + _ELLIPSIS


def _scheme(url: str) -> str:
    """Name the kind of an address; what is not one is not repeated."""
    match = _SCHEME.match(_native(url))
    return match[1].lower() if match else "unknown"


def _native(url: str) -> str:
    """Write an address that was copied from a robot's page as apprise has it."""
    for pattern, scheme in _COPIED:
        match = pattern.match(url)
        if match:
            return f"{scheme}://{match[1]}/"
    return url


def _plugin(url: str) -> Any:
    apprise = importlib.import_module("apprise")
    sdk_logging.silence()
    try:
        plugin = apprise.Apprise.instantiate(_native(url), suppress_exceptions=True)
    except Exception:  # noqa: BLE001 - its text may hold the address
        return None
    if plugin is None:
        return None
    # The pace is ours: its own waits for seconds between two messages.
    plugin.request_rate_per_sec = 0
    _watch(plugin)
    return plugin


def _watch(plugin: Any) -> None:
    """Let the answers of a plugin be read: it looks at the status alone, or keeps the code to itself.

    A plugin module calls `requests.post` by that name; the name is all that is replaced, and in that
    module alone.
    """
    module = sys.modules[type(plugin).__module__]
    requests = getattr(module, "requests", None)
    if requests is None or isinstance(requests, _Watched):
        return
    schemes = getattr(type(plugin), "secure_protocol", "")
    scheme = schemes if isinstance(schemes, str) else ""
    module.requests = _Watched(requests, _CODES.get(scheme, ()))  # type: ignore[attr-defined]


class _Watched:
    """The library `requests` as a plugin sees it, its answers judged by their body as well."""

    def __init__(self, requests: Any, codes: Sequence[str]) -> None:
        self._requests = requests
        self._codes = codes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._requests, name)

    def post(self, *args: Any, **kwargs: Any) -> Any:
        return self._judged(self._requests.post, args, kwargs)

    def request(self, *args: Any, **kwargs: Any) -> Any:
        return self._judged(self._requests.request, args, kwargs)

    def _judged(self, call: Any, args: Any, kwargs: Any) -> Any:
        try:
            answer = call(*args, **kwargs)
        except self._requests.RequestException as error:
            _ANSWERS.reason = type(error).__name__
            raise
        if answer.status_code not in _HTTP_OK:
            _ANSWERS.reason = f"HTTP {answer.status_code}"
        elif self._codes:
            _ANSWERS.reason = _refusal(answer, self._codes)
            if _ANSWERS.reason:
                # The plugin takes this for a failed request, which it is.
                raise self._requests.RequestException(_ANSWERS.reason)
        return answer


def _refusal(answer: Any, codes: Sequence[str]) -> str:
    """Read the code in a body; a body without one is not the channel's own answer."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    found = {name: body[name] for name in codes if name in body} if isinstance(body, dict) else {}
    if not found:
        return f"HTTP {answer.status_code} without {codes[0]}"
    wrong = next(((name, value) for name, value in found.items() if value != 0), None)
    if wrong is None:
        return ""
    name, value = wrong
    return f"{name} {value}" if isinstance(value, int) else f"{name} is not a number"
