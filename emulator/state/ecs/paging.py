"""Pages of a describe call: by page number, or by NextToken and MaxResults."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from emulator.state.ecs.params import Params, malformed
from emulator.state.errors import ApiError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRule:
    """The documented limits of one action.

    Attributes:
        default: Rows of a page when the call does not say.
        maximum: PageSize at most; more is refused.
        token_maximum: MaxResults at most.
        token_minimum: MaxResults at least, of the actions that bring a value outside into the
            range instead of refusing it. Source: MaxResults of
            https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinstances
        has_token: Whether the answer has a NextToken, empty where pages are counted.
    """

    default: int = 10
    maximum: int = 100
    token_maximum: int = 100
    token_minimum: int | None = None
    has_token: bool = False


def page(items: Sequence[T], params: Params, rule: PageRule) -> tuple[Sequence[T], dict[str, Any]]:
    """Cut out one page; also return the answer's paging fields.

    Raises:
        ApiError: A page size or token that is not valid.
    """
    if "NextToken" in params or "MaxResults" in params:
        return _cut(items, params, _token_size(params, rule))
    number = params.integer("PageNumber", 1)
    size = params.integer("PageSize", rule.default)
    if number < 1:
        raise malformed("PageNumber")
    if not 1 <= size <= rule.maximum:
        raise malformed("PageSize", f"must be between 1 and {rule.maximum}")
    first = (number - 1) * size
    fields: dict[str, Any] = {"TotalCount": len(items), "PageNumber": number, "PageSize": size}
    if rule.has_token:
        fields["NextToken"] = ""
    return items[first : first + size], fields


def token_page(
    items: Sequence[T], params: Params, maximum: int, default: int
) -> tuple[Sequence[T], dict[str, Any]]:
    """Cut out the page that a token names; the last page's token is empty."""
    rule = PageRule(default=default, token_maximum=maximum)
    return _cut(items, params, _token_size(params, rule))


def _token_size(params: Params, rule: PageRule) -> int:
    size = params.integer("MaxResults", rule.default)
    if rule.token_minimum is not None:
        return min(max(size, rule.token_minimum), rule.token_maximum)
    if not 1 <= size <= rule.token_maximum:
        raise malformed("MaxResults", f"must be between 1 and {rule.token_maximum}")
    return size


def _cut(items: Sequence[T], params: Params, size: int) -> tuple[Sequence[T], dict[str, Any]]:
    first = _offset(params.text("NextToken"))
    last = first + size
    token = _token(last) if last < len(items) else ""
    return items[first:last], {"NextToken": token, "TotalCount": len(items)}


def _token(offset: int) -> str:
    return urlsafe_b64encode(f"page:{offset}".encode()).decode()


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        return int(urlsafe_b64decode(token.encode()).decode().removeprefix("page:"))
    except ValueError:
        raise ApiError(
            400, "InvalidParameter.NextToken", "The specified NextToken is not valid."
        ) from None
