"""How an EventBridge action takes its parameters, refuses, and pages its answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from emulator.state.errors import ApiError
from emulator.state.world import World

Item = TypeVar("Item")
Body = dict[str, Any]

# Source: ListRules, Limit: at most 100 entries in one call.
LARGEST_PAGE = 100
# The default page is unpublished; a small one keeps clients honest about NextToken.
DEFAULT_PAGE = 10

# Parameters that every RPC product takes, whatever the action.
COMMON = frozenset(
    {"RegionId", "OwnerId", "OwnerAccount", "ResourceOwnerId", "ResourceOwnerAccount"}
)


class Refused(Exception):
    """A failure of the business, which EventBridge reports inside an answer with HTTP 200.

    Attributes:
        code: Code for the answer's body, for example `EventBusNotExist`.
        message: Sentence for a person.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Operation:
    """One action: what it takes and what carries it out.

    Attributes:
        run: Takes the parameters and the time; returns what the answer holds beside Code.
        required: Parameters without which the gateway refuses the call.
        optional: Further parameters that the action knows.
        success: The Code of a good answer; some actions are documented with 200.
    """

    run: Callable[[Mapping[str, Any], float], Body]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    success: str = "Success"

    def check(self, action: str, params: Mapping[str, Any], world: World) -> None:
        """Refuse what the action does not know and what it misses.

        Raises:
            ApiError: 400, before the service has looked at the call.
        """
        unknown = set(params) - COMMON - {*self.required, *self.optional}
        refuse_unknown(f"eventbridge {action}", unknown, world)
        for name in self.required:
            if params.get(name) in (None, ""):
                message = f"{name} is mandatory for this action."
                raise ApiError(400, f"Missing{name}", message)


def refuse_unknown(where: str, names: set[str], world: World) -> None:
    """Complain loudly about names that the real service does not know.

    Raises:
        ApiError: There is at least one.
    """
    if not names:
        return
    listed = ", ".join(sorted(names))
    world.complain(f"{where}: unknown parameter {listed}")
    raise ApiError(400, "InvalidParameter.Unknown", f"{where} does not know {listed}.")


def structure(value: Any, name: str) -> Any:
    """Read a structured parameter, which SDKs send as JSON text inside the query.

    Raises:
        Refused: The text is not JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise Refused("JsonAttributeInvalid", f"The parameter {name} is not JSON.") from error


def objects(value: Any, name: str) -> Sequence[Mapping[str, Any]]:
    """Read a parameter that is a list of objects.

    Raises:
        Refused: It is something else.
    """
    found = structure(value, name)
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise Refused("JsonAttributeInvalid", f"The parameter {name} is not a list of objects.")
    return found


def whole(value: Any, code: str) -> int:
    """Read a whole number, which may arrive as text.

    Raises:
        Refused: It is none.
    """
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise Refused(code, f"The value {value!r} is not a whole number.") from error


def page(items: Sequence[Item], params: Mapping[str, Any]) -> tuple[Sequence[Item], Body]:
    """Cut the part that Limit and NextToken ask for.

    Returns:
        The part, and the fields Total and, when more is left, NextToken.

    Raises:
        Refused: Limit or NextToken is out of range.
    """
    limit = whole(params.get("Limit") or DEFAULT_PAGE, "LimitSizeInvalid")
    start = whole(params.get("NextToken") or 0, "NextTokenInvalid")
    if not 0 < limit <= LARGEST_PAGE:
        raise Refused("LimitSizeInvalid", f"Limit must lie between 1 and {LARGEST_PAGE}.")
    if not 0 <= start <= len(items):
        raise Refused("NextTokenInvalid", f"NextToken must lie between 0 and {len(items)}.")
    fields: Body = {"Total": len(items)}
    if start + limit < len(items):
        fields["NextToken"] = str(start + limit)
    return items[start : start + limit], fields
