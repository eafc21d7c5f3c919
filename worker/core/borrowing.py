"""What a drill with handover has taken off its canary, written into tags so that it can come back.

The tags are on the drill's image, which outlives every process and the replacement as well.
"""

from collections.abc import Mapping
from dataclasses import replace

from worker.core import handing, identity
from worker.core.model import Address, Interface, Member
from worker.core.progress import Belongings, Launched, Progress

# Beside the tags of the image itself there is room for so many. Source: "Tag limits", 20 a resource.
THINGS_MAX = 8
# Source: "Tag limits": characters of a value.
VALUE_MAX = 128
# Stands for a replacement that is gone and whose id nobody knows: no instance has it.
NOBODY = "i-" + "0" * 20
_ADDRESS = "eip"
_BLANK = "|"


def borrowed_tags(belongings: Belongings) -> dict[str, str]:
    """Write down addresses and memberships, one tag each."""
    values = [
        *(_BLANK.join((_ADDRESS, one.allocation, one.ip)) for one in belongings.addresses),
        *map(_member_text, belongings.members),
    ]
    return {f"{identity.TAG_BORROWED}{at}": value for at, value in enumerate(values, 1)}


def borrowed(tags: Mapping[str, str]) -> Belongings:
    """Read them; what is no such text is passed over."""
    found = [value.split(_BLANK) for key, value in tags.items() if _is_borrowed(key)]
    addresses = tuple(Address(one[1], one[2], "") for one in found if one[0] == _ADDRESS)
    members = tuple(_member(one) for one in found if one[0] != _ADDRESS)
    return Belongings(addresses=addresses, members=members)


def returning(
    known: Belongings, drilled: Progress, canary: Interface | None, holder: str, now: float
) -> Progress:
    """Return the handover of all that back, from the replacement to the canary.

    Args:
        known: What was taken.
        drilled: Names account, region and drill; its instance is the canary.
        canary: The primary interface of the replacement; None when that is gone.
        holder: Instance id of the replacement, or NOBODY.
        now: Epoch seconds.
    """
    primary = canary or Interface(holder.replace("i-", "eni-", 1), is_primary=True, status="")
    members = tuple(
        replace(one, server=primary.interface_id if one.kind == "eni" else holder)
        for one in known.members
    )
    return replace(
        drilled,
        instance_id=holder,
        t0=now,
        belongings=replace(known, members=members, interfaces=(primary,)),
        launched=Launched(instance_id=drilled.instance_id, running_at=now, source_stopped_at=now),
    )


def names_of(known: Belongings) -> tuple[str, ...]:
    """Return what a person calls each of them."""
    addresses = tuple(f"elastic address {one.ip}" for one in known.addresses)
    return (*addresses, *(handing.member_name(one) for one in known.members))


def _is_borrowed(key: str) -> bool:
    return key.startswith(identity.TAG_BORROWED)


def _member_text(one: Member) -> str:
    fields = (one.product, one.balancer, one.group, one.kind, str(one.port), str(one.weight))
    return _BLANK.join((*fields, one.description.replace(_BLANK, " ")))[:VALUE_MAX].rstrip()


def _member(fields: list[str]) -> Member:
    product, balancer, group, kind, port, weight, description = [*fields, ""][:7]
    return Member(
        product=product,  # type: ignore[arg-type]  # as it was written
        balancer=balancer,
        group=group,
        server="",
        kind=kind,
        port=int(port),
        weight=int(weight),
        description=description,
    )
