"""Names, tokens and tags of a recreation: all derived, so that twins derive the same ones.

Never in a derivation: the event's id (a republished event has a new one), a clock, the worker,
a random number, or the number of attempts.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from functools import lru_cache

TAG_PREFIX = "spot-recreation:"
TAG_ID = TAG_PREFIX + "id"
TAG_LINEAGE = TAG_PREFIX + "lineage"
TAG_DELETE_AFTER = TAG_PREFIX + "delete-after"
TAG_OWNER = TAG_PREFIX + "owner"
TAG_SOURCE = TAG_PREFIX + "source"
TAG_RETAINED = TAG_PREFIX + "retained"
WAS_DELETED_WITH_INSTANCE = "was-deleted-with-instance"
TAG_CONFIGURATION = TAG_PREFIX + "configuration"
TAG_QUARANTINED = TAG_PREFIX + "quarantined"
# On a replacement, with the id of its source: that one still ran when everything else was done.
TAG_BESIDE = TAG_PREFIX + "beside"
# On the image of a notice that was taken back: the next notice makes an image of its own.
TAG_FALSE_ALARM = TAG_PREFIX + "false-alarm"
# On an image that was begun before the notice that counts, with when that one began: whoever waits for
# the image and was told of the first one alone learns of it here.
TAG_RENOTICED = TAG_PREFIX + "noticed-again"
# On such an image once the receipt tells of that notice. The tag above may have come too late for whoever
# has recreated the source, and proves nothing of it.
TAG_TOLD = TAG_PREFIX + "told-of-notice"
# On everything that a drill makes, with the drill's name: only what has it is deleted by a drill.
TAG_DRILL = TAG_PREFIX + "drill"
# On an instance whose owner lets a drill stop it and move what others know it by.
TAG_CANARY = TAG_PREFIX + "canary"
# Followed by a number, on the image of a drill: what was handed over and has to come back.
TAG_BORROWED = TAG_PREFIX + "borrowed-"
# What an instance booted from, and the image that its line began with: `image/m-bp1...`.
TAG_BOOT = TAG_PREFIX + "boot"
# On an image of snapshots: everything that was on disk before this instant is in it.
TAG_DATA_POINT = TAG_PREFIX + "data-point"
# On a disk that `audit --fix` has set to outlive its instance, before any recreation.
TAG_OUTLIVES = TAG_PREFIX + "outlives"

# Keys that the cloud refuses in a request. Source: ECS TagResources, Tag.N.Key.
RESERVED_TAG_PREFIXES = ("aliyun", "acs:")
# Source: ECS RunInstances, Tag.N ("up to 20 tags").
TAGS_MAX = 20

NOT_ECONOMICAL = "0"
# In front of the id on what a notice had changed that was taken back: nothing is its own any more.
WITHDRAWN = "withdrawn:"

_LINEAGE = re.compile(r"\A(i-[0-9a-z]{8,32})/([0-9]{1,6})\Z")


@lru_cache(maxsize=1_024)
def recreation_id(account: str, region: str, instance_id: str, incarnation: str) -> str:
    """Derive the id of the recreation of one source, 32 hex digits.

    Args:
        account: Account id.
        region: Region id.
        instance_id: The source.
        incarnation: `NOT_ECONOMICAL`, or the start time of a source in economical mode, which
            can be interrupted again after it was started again, or the image of an earlier
            notice that was taken back.
    """
    text = f"spot-recreation/1\n{account}\n{region}\n{instance_id}\n{incarnation}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def trace_id(recreation: str) -> str:
    """Return the trace of a recreation, the same for every message and worker: 32 hex digits."""
    return hashlib.sha256(f"trace\n{recreation}".encode()).hexdigest()[:32]


def traceparent(recreation: str, hops: str) -> str:
    """Return the W3C trace context of one message of a recreation.

    Source: W3C Trace Context, `traceparent`, version 00.
    """
    span = hashlib.sha256(f"span\n{recreation}\n{hops}".encode()).hexdigest()[:16]
    return f"00-{trace_id(recreation)}-{span}-01"


def image_name(recreation: str) -> str:
    """Name the image; names are unique per account and region, so this is a compare-and-set.

    Source: ECS CreateImage, error InvalidImageName.Duplicated.
    """
    return f"recreation-{recreation}"


def snapshots_image_name(recreation: str) -> str:
    """Name the image that is made of finished snapshots when the first image is lost."""
    return f"{image_name(recreation)}-snapshots"


def stale_image_name(recreation: str) -> str:
    """Name the image that is made of an automatic snapshot."""
    return f"{image_name(recreation)}-stale"


def boot_tag(boot: str, base: str) -> str:
    """Write what an instance boots from, and the image that its line began with."""
    return f"{boot}/{base}"


def read_boot_tag(value: str | None) -> tuple[str, str]:
    """Read `boot_tag`; two empty words for what is not of that form."""
    boot, slash, base = (value or "").partition("/")
    return (boot, base) if slash else ("", "")


def client_token(recreation: str, step: str, *variant: str) -> str:
    """Derive the client token of one changing call, 56 ASCII characters.

    A token stands for one slot of one step: the variant names what a definite refusal moves on
    (epoch, candidate, dropped parameters). Source for the limit of 64 ASCII characters: "How to
    ensure idempotence" of ECS.
    """
    digest = hashlib.sha256("\n".join((recreation, step, *variant)).encode()).digest()
    return "sr1-" + base64.b32encode(digest).decode().rstrip("=").lower()


def owned_tags(recreation: str, *, owner: str, source: str, lineage: str) -> dict[str, str]:
    """Tags that every created resource carries from its creation."""
    return {TAG_ID: recreation, TAG_OWNER: owner, TAG_SOURCE: source, TAG_LINEAGE: lineage}


def cloned_tags(
    source: Mapping[str, str], ours: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Join a source's tags with ours, at most `TAGS_MAX`, ours first.

    Returns:
        The tags to send, and the keys of the source's tags that found no room.
    """
    wanted = {key: value for key, value in source.items() if is_clonable(key)}
    room = TAGS_MAX - len(ours)
    kept = dict(sorted(wanted.items())[:room])
    dropped = tuple(key for key in sorted(wanted) if key not in kept)
    return {**kept, **ours}, dropped


def is_clonable(key: str) -> bool:
    """Tell whether a source's tag may be sent for the replacement."""
    return not key.startswith((*RESERVED_TAG_PREFIXES, TAG_PREFIX))


def instant(at: float) -> str:
    """Render an instant as the value of a tag, UTC to the second."""
    return datetime.fromtimestamp(at, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def next_lineage(source_lineage: str | None, instance_id: str) -> str:
    """Return root source and generation of the replacement, as `i-root/3`.

    A tag that is not in our form (edited by a person) starts a new line at this source.
    """
    match = _LINEAGE.match(source_lineage or "")
    return f"{match[1]}/{int(match[2]) + 1}" if match else f"{instance_id}/1"


def earlier_generation(lineage: str, by: int) -> str:
    """Return the generation that is `by` before this one; empty when there was none."""
    match = _LINEAGE.match(lineage)
    number = int(match[2]) - by if match else 0
    return f"{match[1]}/{number}" if match and number > 0 else ""


def digest(parts: Iterable[str]) -> str:
    """Return a short stable fingerprint, 16 hex digits."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
