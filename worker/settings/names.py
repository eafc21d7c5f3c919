"""The grammars of the names in the configuration, each with the public document it comes from."""

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from worker.settings.units import refusal

# A name or an IPv4 address, or an IPv6 address, whose brackets are gone.
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}")
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Grammar:
    """A pattern that a text must match in full, and how to say so to a person."""

    pattern: str
    problem: str
    advice: str

    def check(self, text: str) -> str:
        """Return the text, or refuse it in the grammar's own words."""
        if re.fullmatch(self.pattern, text) is None:
            raise refusal(self.problem, self.advice)
        return text


def _unquoted_number(value: object) -> object:
    """Name the trap of YAML that turns an unquoted 1234 into a number."""
    if isinstance(value, int | float):
        raise refusal("must be text", f'put it in quotes: "{value}"')
    return value


def _account(value: object) -> object:
    # An account id is digits, and nobody quotes it: YAML gives an int.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _rule_name(text: str) -> str:
    if text.startswith("eventbridge-reserved-"):
        raise refusal(
            "begins with eventbridge-reserved-, which the cloud keeps for itself",
            "write another name",
        )
    return text


def _tags(tags: Mapping[str, str | None]) -> Mapping[str, str | None]:
    for key in tags:
        if not key or key.startswith(("aliyun", "acs:")) or "http://" in key or "https://" in key:
            raise refusal(
                f"has the tag key {key!r}, which the cloud refuses",
                "write the key of a tag you set",
            )
    return MappingProxyType(dict(tags))


def _fnmatch(pattern: str) -> str:
    if not pattern.strip():
        raise refusal(
            "has an empty pattern",
            "write an instance type such as ecs.g7.large or a pattern such as ecs.g7*",
        )
    fnmatch.translate(pattern)
    return pattern


def _url(value: object) -> object:
    if not isinstance(value, str):
        return value
    url = _split(value if "://" in value else f"https://{value}")
    if (
        url is None
        or url.scheme not in {"http", "https"}
        or not url.hostname
        or url.username is not None
        or _HOST.fullmatch(url.hostname) is None
    ):
        raise refusal(
            "is not a host name or an http(s) URL", "write https://HOST or http://127.0.0.1:PORT"
        )
    if url.path.strip("/") or url.query or url.fragment:
        raise refusal("has a path", f"write {url.scheme}://{url.netloc}")
    return f"{url.scheme}://{url.netloc}"


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        _ = url.port  # a port that is no number is found only when it is asked for
    except ValueError:
        return None
    return url


def is_loopback(url: str) -> bool:
    """Tell whether a URL points at this very machine."""
    return urlsplit(url).hostname in _LOOPBACK_HOSTS


_QUEUE = Grammar(
    r"[A-Za-z0-9][A-Za-z0-9-]{0,119}",
    "is not a queue name: letters, digits and '-', a letter or digit first, at most 120",
    "write a name such as spot-interruptions",
)
_RULE = Grammar(
    r"[A-Za-z0-9][A-Za-z0-9-]{0,126}",
    "is not a rule name: letters, digits and '-', a letter or digit first, at most 127",
    "write a name such as spot-interruptions",
)
_REGION = Grammar(
    r"[a-z]{2,8}(-[a-z0-9]{1,24}){1,3}",
    "is not a region id",
    "write the id, such as cn-hangzhou, not the name of the city",
)
_ACCOUNT = Grammar(
    r"[0-9]{5,20}",
    "is not an account id: digits only",
    "write the number shown as account ID under your picture in the console",
)
_OWNER = Grammar(
    r"[a-z0-9-]{1,32}",
    "must be 1 to 32 lower-case letters, digits and '-'",
    "write a short name such as default",
)
_INSTANCE = Grammar(
    r"i-[a-z0-9]{1,32}", "is not an instance id", "write an id such as i-bp1example"
)
_SNAPSHOT_POLICY = Grammar(
    r"sp-[a-z0-9]{1,32}", "is not a snapshot policy's id", "write an id such as sp-bp1example"
)
_LISTEN = Grammar(
    r"(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]{2,45}\]):(0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}"
    r"|65[0-4]\d{2}|655[0-2]\d|6553[0-5])",
    "is not an address and a port",
    "write both, such as 127.0.0.1:9464",
)

# Source: RunCommand, CommandContent: 24 KB when encoded.
_SCRIPT_BYTES_MAX = 18_000


def _script(text: str) -> str:
    """Refuse what Cloud Assistant would refuse, when the source is about to go."""
    if not text.strip():
        raise refusal("is empty", "write a script, or null for none")
    if len(text.encode()) > _SCRIPT_BYTES_MAX:
        raise refusal(
            f"is longer than {_SCRIPT_BYTES_MAX} bytes", "put it on the server and call it here"
        )
    return text


Text = Annotated[str, BeforeValidator(_unquoted_number)]
_PATH = Grammar(
    r"/[!-~]{0,199}",
    "is not a path: it begins with / and has printable ASCII only",
    "write /health",
)
HttpPath = Annotated[Text, AfterValidator(_PATH.check)]
ScriptText = Annotated[Text, AfterValidator(_script)]
# Source: SMQ limits, queue name.
QueueName = Annotated[Text, AfterValidator(_QUEUE.check)]
ListenAddress = Annotated[Text, AfterValidator(_LISTEN.check)]
# Source: EventBridge limits, rule name. A target id has no published grammar; a rule's is the safe one.
RuleName = Annotated[Text, AfterValidator(_RULE.check), AfterValidator(_rule_name)]
RegionId = Annotated[Text, AfterValidator(_REGION.check)]
AccountId = Annotated[str, BeforeValidator(_account), AfterValidator(_ACCOUNT.check)]
Owner = Annotated[Text, AfterValidator(_OWNER.check)]
InstanceId = Annotated[Text, AfterValidator(_INSTANCE.check)]
SnapshotPolicy = Annotated[Text, AfterValidator(_SNAPSHOT_POLICY.check)]
Url = Annotated[str, BeforeValidator(_url)]
TypePattern = Annotated[Text, AfterValidator(_fnmatch)]
# Source: ECS TagResources, Tag.N.Key.
Tags = Annotated[
    Mapping[str, Text | None],
    AfterValidator(_tags),
    PlainSerializer(dict, return_type=dict[str, Any]),
]
