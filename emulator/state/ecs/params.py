"""Request parameters: known names only, coerced to their documented types.

The shapes in `emulator/data/parameters.json` are the request models of the official SDKs. Over
HTTP every value is text; SDK maps carry numbers and booleans: both mean the same here.
"""

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from emulator.state.ecs.catalogue import DATA
from emulator.state.errors import ApiError

COMMON = frozenset(
    {
        "Action", "Version", "Format", "AccessKeyId", "SecurityToken", "RegionId", "OwnerId",
        "OwnerAccount", "ResourceOwnerId", "ResourceOwnerAccount", "Signature",
        "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp",
    }
)  # fmt: skip
Shape = Mapping[str, Any]
# Characters that are read as a Python literal; a hundred ids need 3,000.
LITERAL_LIMIT = 20_000
# What Python takes for a number besides, as 1_000 or nan, is none here.
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}\.?[0-9]{0,18}|\.[0-9]{1,18})(?:[eE][+-]?[0-9]{1,2})?")


@cache
def shapes(product: str) -> Mapping[str, Shape]:
    """Return the parameter shapes of a product's actions."""
    plain: dict[str, dict[str, Shape]] = json.loads(
        (DATA / "parameters.json").read_text(encoding="utf-8")
    )
    return plain[product]


@cache
def region_namers(product: str) -> frozenset[str]:
    """Return the actions of a product whose calls have to name their region.

    Source: the request models of the official SDKs, "This parameter is required." at region_id.
    """
    plain: dict[str, list[str]] = json.loads(
        (DATA / "region_namers.json").read_text(encoding="utf-8")
    )
    return frozenset(plain.get(product, ()))


def require_region(product: str, action: str, given: Mapping[str, Any]) -> None:
    """Refuse a request that names no region though it has to.

    Within this process the region is an argument of every call; only a request can leave it out.

    Raises:
        ApiError: `MissingParameter`. Source: the error table of
            https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describetasks
    """
    if given.get("RegionId"):
        return
    if (product, action) == ("vpc", "DescribeVSwitches"):
        # One of the two will do, and they are called thus. Source: DescribeVSwitches; an answer
        # of the service in https://github.com/cloudpilot-ai/karpenter-provider-alibabacloud/pull/123
        if not given.get("VpcId"):
            raise missing("regionId or vpcInstanceId")
    elif action in region_namers(product):
        name = "regionId" if "regionId" in shapes(product)[action] else "RegionId"
        if not given.get(name):
            raise missing(name)


class Params:
    """The parameters of one call, typed by their shape."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def values(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return self._values

    def text(self, name: str, default: str = "") -> str:
        """Return a string parameter."""
        value = self._values.get(name, default)
        return value if isinstance(value, str) else str(value)

    def required(self, name: str) -> str:
        """Return a string parameter that must be there."""
        if not (value := self.text(name)):
            raise missing(name)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean parameter."""
        return bool(self._values.get(name, default))

    def integer(self, name: str, default: int = 0) -> int:
        """Return an integer parameter."""
        return _integer(name, self._values.get(name, default))

    def count(self, name: str, most: int) -> int:
        """Return how many of something are wanted, 0 when absent.

        Raises:
            ApiError: Less than one, or more than `most`.
        """
        found = self.integer(name)
        if name in self._values and not 1 <= found <= most:
            raise malformed(name, f"must be between 1 and {most}")
        return found

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a numeric parameter."""
        return _number(name, self._values.get(name, default))

    def texts(self, name: str) -> list[str]:
        """Return a repeated string parameter, empty when absent."""
        return list(self._values.get(name, ()))

    def group(self, name: str) -> "Params":
        """Return a nested structure, empty when absent."""
        return Params(self._values.get(name, {}))

    def groups(self, name: str) -> "list[Params]":
        """Return a repeated structure, empty when absent."""
        return [Params(each) for each in self._values.get(name, ())]

    def json_list(
        self, name: str, *, limit: int = 100, too_many: tuple[int, str] = (400, "InvalidParameter")
    ) -> list[str] | None:
        """Return a parameter that is a JSON list in a string; None when it is absent.

        Args:
            name: The parameter.
            limit: Its items at most.
            too_many: HTTP status and code of the refusal of more.

        Raises:
            ApiError: It is no JSON list, or longer than `limit`.
        """
        text = self.text(name)
        if not text:
            return None
        items = loose_json(text)
        if not isinstance(items, list):
            raise malformed(name, "is no JSON list")
        if len(items) > limit:
            status, code = too_many
            raise ApiError(status, code, f"The amount of specified {name} exceeds {limit}.")
        return [str(item) for item in items]


def loose_json(text: str) -> Any:
    """Read JSON whose texts may stand in single quotes; None when it is neither.

    Official samples send what Python writes for a list of ids, and members of a CLB in single
    quotes: the spot interruption function of https://github.com/aliyun/ecs-labs, and "Best
    practices for automatic O&M of ECS state change events" of CloudMonitor.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _python_literal(text) if len(text) <= LITERAL_LIMIT else None


def _python_literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def missing(name: str) -> ApiError:
    """Refuse a call without a mandatory parameter."""
    return ApiError(
        400,
        "MissingParameter",
        f'The input parameter "{name}" that is mandatory for processing this request is not '
        "supplied.",
    )


def malformed(name: str, why: str = "is not valid") -> ApiError:
    """Refuse a parameter's value."""
    return ApiError(400, "InvalidParameter", f'The specified parameter "{name}" {why}.')


def read(
    where: str, shape: Shape, given: Mapping[str, Any], complain: Callable[[str], None]
) -> Params:
    """Check and coerce the parameters of one call.

    Args:
        where: Product and action, for complaints.
        shape: The action's declared parameters.
        given: What the caller sent.
        complain: Told about a name that the action does not know.

    Raises:
        ApiError: An unknown name or a value of the wrong type.
    """
    values: dict[str, Any] = {}
    for name, value in given.items():
        kind = shape.get(name)
        if kind is None:
            if name not in COMMON:
                raise _unknown(where, name, complain)
        elif value is not None and not _says_nothing(kind, value):
            values[name] = _coerce(where, name, kind, value, complain)
    return Params(values)


def _says_nothing(kind: object, value: object) -> bool:
    """Tell whether a number or truth value came without a text: then the default holds.

    PHP's old client sends every member of a structure, an empty one where the caller named none:
    setDataDisks in https://github.com/aliyun/aliyun-openapi-php-sdk. No page speaks of it. An
    empty text stays: it may clear a description, or be a tag's value.
    """
    return value == "" and kind in ("integer", "number", "flag")


def _unknown(where: str, name: str, complain: Callable[[str], None]) -> ApiError:
    sentence = f'{where} has no parameter "{name}"'
    complain(sentence)
    return ApiError(400, "InvalidParameter.Unknown", f"{sentence}.")


def _coerce(
    where: str, name: str, kind: object, value: object, complain: Callable[[str], None]
) -> object:
    if isinstance(kind, str):
        return _SCALARS[kind](name, value)
    if isinstance(kind, list):
        return _coerce_list(where, name, kind[0], value, complain)
    if isinstance(kind, Mapping) and isinstance(value, Mapping):
        return read(f"{where} {name}", kind, value, complain).values()
    raise malformed(name, "must be a structure")


def _coerce_list(
    where: str, name: str, kind: object, value: object, complain: Callable[[str], None]
) -> list[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise malformed(name, "must be a list")
    return [_coerce(where, name, kind, item, complain) for item in value]


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise malformed(name, "must be a string")


def _integer(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value)
    if _WHOLE.fullmatch(text) is None:
        raise malformed(name, "must be an integer")
    return int(text)


def _number(name: str, value: object) -> float:
    text = str(value)
    if _DECIMAL.fullmatch(text) is None:
        raise malformed(name, "must be a number")
    return float(text)


def _flag(name: str, value: object) -> bool:
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise malformed(name, "must be true or false")
    return text == "true"


def _object(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise malformed(name, "must be JSON") from None


_SCALARS: Mapping[str, Callable[[str, object], object]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "flag": _flag,
    "object": _object,
}
