"""Tags of elastic IPs, in the words of VPC: its codes are not those of ECS.

Source: VPC TagResources: up to 50 ids and 20 tags a call, 20 tags per resource, the type in whatever
case, keys and values that begin with neither `aliyun` nor `acs:`. Its codes stand in the error table of
TagResourcesForExpressConnect, the same product's; that TagResources itself uses them is UNVERIFIED.
"""

from collections.abc import Mapping

from emulator.state.ecs.params import Params, missing
from emulator.state.ecs.tags import MAX_LENGTH, MAX_TAGS, RESERVED
from emulator.state.errors import ApiError

EIP = "eip"
MAX_RESOURCES = 50
# Source: VPC TagResources, ResourceType.
TYPES = frozenset(
    {
        "vpc", "vswitch", "routetable", EIP, "vpngateway", "natgateway", "commonbandwidthpackage",
        "prefixlist", "publicipaddresspool", "ipv4gateway", "ipv6gateway", "networkacl",
        "trafficmirrorfilter", "trafficmirrorsession", "flowlog", "havip", "dhcpoptionsset",
        "gatewayendpoint", "ipv6address",
    }
)  # fmt: skip


def no_type() -> ApiError:
    """Return the refusal of a type that is none."""
    return ApiError(400, "InvalidInstanceType.NotFound", "The instance type is not found")


def ids_of(params: Params, known: Mapping[str, object]) -> list[str]:
    """Read the ids that a call names; each must exist.

    Raises:
        ApiError: There are none, too many, or an unknown one.
    """
    ids = params.texts("ResourceId")
    if not ids:
        raise missing("ResourceId")
    if len(ids) > MAX_RESOURCES:
        raise ApiError(
            400, "SizeLimitExceeded.ResourceId", "The maximum number of resource IDs is exceeded."
        )
    if not all(each in known for each in ids):
        raise ApiError(400, "InvalidInstanceIds.NotFound", "The instanceIds are not found")
    return ids


def tags_of(params: Params) -> dict[str, str]:
    """Read and check the tags that a call sets; none where it names none.

    Raises:
        ApiError: A key twice, too many, or a malformed one.
    """
    pairs = [(group.text("Key"), group.text("Value")) for group in params.groups("Tag")]
    tags = dict(pairs)
    if len(pairs) > MAX_TAGS:
        raise ApiError(400, "SizeLimitExceeded.TagNum", "The maximum number of tags is exceeded.")
    if len(tags) < len(pairs):
        raise ApiError(400, "Forbidden.TagKey.Duplicated", "The specified tag key already exists.")
    for key, value in tags.items():
        if not key or _is_malformed(key):
            raise ApiError(400, "InvalidTagKey", "The tag keys are not valid.")
        if _is_malformed(value):
            raise ApiError(400, "InvalidTagValue", "The tag values are not valid.")
    return tags


def check_room(there: Mapping[str, str], more: Mapping[str, str]) -> None:
    """Refuse what would give a resource too many tags."""
    if len(there.keys() | more.keys()) > MAX_TAGS:
        raise ApiError(400, "QuotaExceeded.TagNum", "Custom Tags quota exceeded")


def _is_malformed(text: str) -> bool:
    has_link = "http://" in text or "https://" in text
    return len(text) > MAX_LENGTH or text.startswith(RESERVED) or has_link
