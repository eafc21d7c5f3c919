"""What another tool cannot say of the desired state: a closed list that the tests compare with what is exported."""

from dataclasses import dataclass
from typing import Final, Literal

Tool = Literal["terraform", "ros"]


@dataclass(frozen=True, slots=True)
class Gap:
    """One value of the desired state that a tool has no words for.

    Attributes:
        tool: The tool.
        path: The value's path in `rule export --format json`, without the numbers of lists.
        value: The value itself; None when the tool cannot say any.
        why: What the tool lacks.
        instead: What happens then, and who makes up for it.
    """

    tool: Tool
    path: str
    value: object
    why: str
    instead: str


# Source: documentation of aliyun/alicloud, alicloud_event_bridge_rule.
GAPS: Final = (
    Gap(
        "terraform",
        "rule.targets.errors_tolerance",
        None,
        "`alicloud_event_bridge_rule` has no such argument",
        "the cloud's default applies; `aliyun-ops rule plan` names it where it is another one, `rule apply` sets it",
    ),
    Gap(
        "terraform",
        "rule.targets.param_list.IsBase64Encode",
        "false",
        "the provider drops the parameter when it reads, so that every plan would add it again",
        "left out; the cloud then stores the same value by itself",
    ),
)


def cannot_say(tool: Tool, path: str, value: object) -> bool:
    """Tell whether a tool has no words for the value at a path."""
    return any((gap.tool, gap.path) == (tool, path) and gap.value in {None, value} for gap in GAPS)
