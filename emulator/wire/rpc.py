"""The RPC protocol of ECS, VPC, load balancers, EventBridge, mns-open and STS: flat parameters in, JSON or XML out.

Old SDKs name the action in the `Action` parameter, new ones in the `x-acs-action` header; both put
nested values into flat keys (`Tag.1.Key=a`). Source: "Request syntax and signature method V3" and
"Call methods" of the ECS API reference.
"""

import json
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from emulator.state.errors import ApiError

PRODUCT_BY_VERSION: Mapping[str, str] = {
    "2014-05-26": "ecs",
    "2016-04-28": "vpc",
    "2014-05-15": "slb",
    "2020-06-16": "alb",
    "2022-04-30": "nlb",
    "2020-04-01": "eventbridge",
    "2022-01-19": "mns-open",
    "2015-04-01": "sts",
}

# As the cloud writes them in its answers. Sources: the product codes of the official SDKs; a
# recorded refusal in https://github.com/cloudpilot-ai/karpenter-provider-alibabacloud/pull/123
PRODUCT_CODES: Mapping[str, str] = {
    "ecs": "Ecs",
    "vpc": "Vpc",
    "slb": "Slb",
    "alb": "Alb",
    "nlb": "Nlb",
    "eventbridge": "eventbridge",
    "mns-open": "Mns-open",
    "sts": "Sts",
}

# Source: ECS API reference, "Common parameters". RegionId and the owner ids stay: actions see them.
PROTOCOL_PARAMETERS = frozenset(
    {
        "Action",
        "Version",
        "Format",
        "AccessKeyId",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "Timestamp",
        "SecurityToken",
    }
)

# Take Tag.N.key and Tag.N.value, too. Sources: these parameters of the actions' pages, "will be
# removed in the future"; alibabacloud_ecs20140526 1.0.1, whose models send nothing else.
OLD_TAG_ACTIONS = frozenset(
    {
        "CreateDisk",
        "CreateImage",
        "CreateSnapshot",
        "DescribeDisks",
        "DescribeImages",
        "DescribeInstances",
        "DescribeSecurityGroups",
        "DescribeSnapshots",
    }
)

MAX_LIST_INDEX = 2000
MAX_DEPTH = 12

_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_XML_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class RpcCall:
    """One request after parsing.

    Attributes:
        product: `ecs`, `vpc`, `slb`, `alb`, `nlb`, `eventbridge`, `mns-open` or `sts`.
        action: Action name, for example `RunInstances`.
        region: The `RegionId` parameter, or None when the endpoint decides.
        params: Nested parameters without those of the protocol.
        xml: Whether the answer is XML instead of JSON.
    """

    product: str
    action: str
    region: str | None
    params: dict[str, Any]
    xml: bool


def flat_parameters(
    query: bytes, headers: Mapping[str, str], body: bytes
) -> tuple[dict[str, str], dict[str, Any]]:
    """Split a request into its flat parameters (query and form) and its JSON body.

    Args:
        query: The query string as sent.
        headers: Header values by lower-case name.
        body: The request body.

    Raises:
        ApiError: `InvalidParameter` for bytes that are not UTF-8 or not JSON.
    """
    flat = dict(_pairs(query))
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        return flat, {}
    if content_type == "application/json":
        return flat, _json_object(body)
    # RAW of the Java core is a form. Source: RpcAcsRequest of
    # https://github.com/aliyun/aliyun-openapi-java-sdk
    if content_type in ("", "application/x-www-form-urlencoded", "application/octet-stream"):
        flat.update(_pairs(body))
        return flat, {}
    raise ApiError(
        415, "UnsupportedContentType", f"The content type {content_type} is not supported."
    )


def signed_parameters(flat: Mapping[str, str], extra: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what a V1 signature covers: also the plain members of a JSON body.

    Source: RpcAcsRequest of the Java core, which signs the parameters of query and body together
    before it writes the body as JSON.
    """
    if not extra:
        return flat
    plain = {name: value for name, value in extra.items() if isinstance(value, str | int | float)}
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in plain.items()
    }
    return {**texts, **flat}


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=10_000
        )
    except ValueError as error:
        raise ApiError(
            400, "InvalidParameter", "The parameters are not URL-encoded UTF-8."
        ) from error


def read_json(body: bytes) -> Any:
    """Read a body that has to be JSON.

    Raises:
        ApiError: `InvalidParameter`.
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
        # Half of a surrogate pair, which JSON can write as an escape, is no text.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "InvalidParameter", "The request body is not JSON.") from error
    return value


def _json_object(body: bytes) -> dict[str, Any]:
    value = read_json(body)
    if not isinstance(value, dict):
        raise ApiError(400, "InvalidParameter", "The request body is not a JSON object.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def parse(flat: Mapping[str, str], extra: Mapping[str, Any], headers: Mapping[str, str]) -> RpcCall:
    """Find out what is asked.

    Args:
        flat: Flat parameters of query and form.
        extra: Parameters of a JSON body, already nested.
        headers: Header values by lower-case name.

    Raises:
        ApiError: The gateway's refusal of an unknown version, a missing action or clashing keys.
    """
    version = version_of(flat, headers)
    action = headers.get("x-acs-action") or flat.get("Action", "")
    if not action:
        raise ApiError(400, "MissingAction", "Action is mandatory for this action.")
    if not version:
        raise ApiError(400, "MissingVersion", "Version is mandatory for this action.")
    product = PRODUCT_BY_VERSION.get(version)
    if product is None:
        raise ApiError(400, "InvalidVersion", "Specified parameter Version is not valid.")
    params = nest((key, flat[key]) for key in flat if key not in PROTOCOL_PARAMETERS)
    params.update(extra)
    if product == "ecs" and action in OLD_TAG_ACTIONS and isinstance(params.get("Tag"), list):
        params["Tag"] = [_new_tag(each) for each in params["Tag"]]
    region = params.get("RegionId")
    return RpcCall(
        product=product,
        action=action,
        region=region if isinstance(region, str) and region else None,
        params=params,
        xml=wants_xml(flat, headers),
    )


def _new_tag(tag: object) -> object:
    if not isinstance(tag, dict):
        return tag
    names = {"key": "Key", "value": "Value"}
    old = {names[name]: value for name, value in tag.items() if name in names}
    return {**old, **{name: value for name, value in tag.items() if name not in names}}


def version_of(flat: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Read the version, which alone tells the product."""
    return headers.get("x-acs-version") or flat.get("Version", "")


def wants_xml(flat: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Tell whether to answer in XML.

    The V3 protocol speaks JSON. The older one defaults to XML. Source: ECS API reference, "Common
    parameters", Format.
    """
    wanted = flat.get("Format")
    if wanted is None:
        return "x-acs-action" not in headers
    return wanted.upper() == "XML"


def check_format(flat: Mapping[str, str]) -> None:
    """Refuse a format that is neither of the two.

    Raises:
        ApiError: InvalidParameter.Format. Source: the gateway's row in "Common error codes".
    """
    if flat.get("Format", "").upper() not in {"", "JSON", "XML"}:
        raise ApiError(400, "InvalidParameter.Format", "Specified parameter format is not valid.")


def check_method(method: str) -> None:
    """Refuse what is neither GET nor POST.

    Raises:
        ApiError: UnsupportedHTTPMethod. Source: "Request syntax and signature method V3" for the
            two; the code is in tables of several products, as 400 in that of the gateway.
    """
    if method not in {"GET", "POST"}:
        raise ApiError(400, "UnsupportedHTTPMethod", "This http method is not supported.")


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Turn flat keys into nested values: `Tag.1.Key=a` into `{"Tag": [{"Key": "a"}]}`.

    Raises:
        ApiError: `InvalidParameter` when one key is used both as a value and as a structure.
    """
    root: dict[str, Any] = {}
    for key, value in pairs:
        _insert(root, key, value)
    return {key: _lists(value) for key, value in root.items()}


def _insert(root: dict[str, Any], key: str, value: str) -> None:
    *parents, leaf = key.split(".")
    if len(parents) > MAX_DEPTH:
        raise ApiError(400, "InvalidParameter", f"The parameter {key} is nested too deeply.")
    node = root
    for part in parents:
        child = node.setdefault(part, {})
        if not isinstance(child, dict):
            raise _clash(key)
        node = child
    if isinstance(node.get(leaf), dict):
        raise _clash(key)
    node[leaf] = value


def _clash(key: str) -> ApiError:
    return ApiError(
        400, "InvalidParameter", f"The parameter {key} is used both as a value and as a structure."
    )


def _lists(value: object) -> object:
    """Turn structures whose keys are all numbers into lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    nested = {key: _lists(child) for key, child in value.items()}
    if not all(key.isascii() and key.isdigit() for key in nested):
        return nested
    if any(len(key) > len(str(MAX_LIST_INDEX)) or int(key) > MAX_LIST_INDEX for key in nested):
        raise ApiError(400, "InvalidParameter", "A list parameter has too many elements.")
    return [nested[key] for key in sorted(nested, key=int)]


def request_id(rng: random.Random) -> str:
    """Make a request id as the gateway does: an upper-case UUID."""
    text = f"{rng.getrandbits(128):032X}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def render(call: RpcCall, answer: Mapping[str, Any], rid: str) -> bytes:
    """Write a successful answer."""
    body = {"RequestId": rid, **answer}
    return to_xml(f"{call.action}Response", body) if call.xml else to_json(body)


def reply_headers(rid: str, *, xml: bool) -> tuple[tuple[str, str], ...]:
    """Return the headers of the gateway's answers, refusals included.

    Source: recorded answers of STS in https://github.com/salesforce/multicloudj, sts-ali, without
    the ETag, whose making is not public. The id of the trace is anything of 32 digits.
    """
    return (
        ("content-type", "text/xml;charset=utf-8" if xml else "application/json;charset=utf-8"),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "*"),
        ("keep-alive", "timeout=25"),
        ("x-acs-request-id", rid),
        ("x-acs-trace-id", rid.replace("-", "").lower()),
    )


def too_large() -> ApiError:
    """Return the refusal of a body that no call needs. No page says what the gateway answers."""
    return ApiError(413, "RequestBodyTooLarge", "The request body is too large.")


def render_error(error: ApiError, *, rid: str, host: str, product: str, xml: bool) -> bytes:
    """Write a refusal. Source: ECS API reference, "Error codes", format of an error."""
    code = PRODUCT_CODES.get(product, product)
    body = {
        "RequestId": rid,
        "HostId": host,
        "Code": error.code,
        "Message": error.message,
        "Recommend": (
            f"https://api.aliyun.com/troubleshoot?q={error.code}&product={code}&requestId={rid}"
        ),
        **error.data,
    }
    return to_xml("Error", body) if xml else to_json(body)


def to_json(body: Mapping[str, Any]) -> bytes:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def to_xml(root: str, body: Mapping[str, Any]) -> bytes:
    """Write nested data as XML; a list becomes its element repeated."""
    parts = ["<?xml version='1.0' encoding='UTF-8'?>"]
    _element(parts, root, body)
    return "".join(parts).encode("utf-8", "replace")


def _element(parts: list[str], name: str, value: object) -> None:
    if isinstance(value, list):
        for item in value:
            _element(parts, name, item)
        return
    # Keys that are no XML names exist only in maps of user data; the cloud's own ones all are.
    tag, attribute = (name, "") if _XML_NAME.match(name) else ("Entry", f' key="{_text(name)}"')
    parts.append(f"<{tag}{attribute}>")
    if isinstance(value, Mapping):
        for key, child in value.items():
            _element(parts, str(key), child)
    else:
        parts.append(_text(value))
    parts.append(f"</{tag}>")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_XML_FORBIDDEN.sub("\ufffd", str(value)), {'"': "&quot;"})
