"""What a receipt says, in words of either language; shared by the view on a terminal and the page."""

from collections.abc import Iterator

from worker.core import boots
from worker.core.receipt import RECOVERED, DiskRecord, Moment, NotKept, Receipt
from worker.ops.comparison import differs
from worker.ops.wording import Wording
from worker.printable import printable

REFUSED_SHOWN = 4


def headline(receipt: Receipt, wording: Wording) -> str:
    """Say in one sentence what became of the source."""
    return wording.known(
        "outcome",
        "in_place" if receipt.is_in_place and receipt.outcome == RECOVERED else receipt.outcome,
        source=_named(receipt),
        replacement=receipt.replacement.instance,
    )


def _named(receipt: Receipt) -> str:
    name = receipt.source.name
    return printable(f"{receipt.source.instance} “{name}”" if name else receipt.source.instance)


def in_time(running: Moment, receipt: Receipt, wording: Wording) -> str:
    """Measure the replacement against the announced release."""
    after, notice = running.seconds_after_t0, receipt.notice_seconds
    key = "receipt.in_time" if after <= notice else "receipt.late"
    return wording(
        key, after=f"{after:.0f}", left=f"{notice - after:.0f}", late=f"{after - notice:.0f}"
    )


def all_kept(receipt: Receipt, wording: Wording) -> str:
    """Say that nothing is missing."""
    return wording("receipt.all_kept_in_place" if receipt.is_in_place else "receipt.all_kept")


def compared_title(receipt: Receipt, wording: Wording) -> str:
    """Name the comparison: of two servers, or of one before and after."""
    return wording("receipt.compare_in_place" if receipt.is_in_place else "receipt.compare")


def compared_names(receipt: Receipt, wording: Wording) -> tuple[str, str]:
    """Name its two sides."""
    if receipt.is_in_place:
        return wording("receipt.before"), wording("receipt.after")
    return wording("receipt.source"), wording("receipt.replacement")


def health(receipt: Receipt, wording: Wording) -> str:
    """Say how the health check ended; empty when there was none."""
    if receipt.health is None:
        return ""
    key = "receipt.healthy" if receipt.health.passed else "receipt.not_healthy"
    why = wording.sentence(receipt.health.why or "no answer")
    return wording(key, number=receipt.health.tries, why=why)


def notice(receipt: Receipt, wording: Wording) -> str:
    """Say when and where it began, and under which id it goes."""
    return wording(
        "receipt.notice",
        t0=receipt.t0.replace("T", " ").rstrip("Z"),
        notice=f"{receipt.notice_seconds:g}",
        region=receipt.region,
        id=receipt.recreation[:12],
    )


def resources(resource: str) -> str:
    """Shorten the ids of a line of the timeline: how many, and the first."""
    first, *others = resource.split() or [""]
    return f"{len(others) + 1}× {printable(first)}" if others else printable(first)


def data_point(disk: DiskRecord, wording: Wording) -> str:
    """Say until when a disk's data is in the replacement."""
    clock = disk.data_point.partition("T")[2].rstrip("Z")
    return wording("after_t0_at", number=f"{disk.data_point_after_t0:.1f}", clock=clock)


def losses(receipt: Receipt, wording: Wording) -> Iterator[tuple[str, str]]:
    """Tell what could not be kept, and why."""
    for name in ("type", "zone", "private_ip"):
        if differs(receipt, name):
            had = printable(getattr(receipt.source, name))
            why = wording(f"why.{name}")
            if name != "private_ip" and (chosen := receipt.chosen):
                why = wording("why.chosen", why=why, chosen=wording.sentence(chosen))
            if name == "type" and receipt.refused:
                why = wording("why.refused", why=why, candidates=_refused(receipt, wording))
            yield f"{wording(f'field.{name}')} {had}", why
    for one in (*receipt.not_kept, *receipt.dropped):
        yield wording.sentence(one.what), wording.sentence(one.why)


def _refused(receipt: Receipt, wording: Wording) -> str:
    names = [wording.sentence(name) for name in dict.fromkeys(o.candidate for o in receipt.refused)]
    shown = wording.listed(names[:REFUSED_SHOWN])
    more = len(names) - REFUSED_SHOWN
    return f"{shown} {wording('and_more', number=more)}" if more > 0 else shown


def advice(receipt: Receipt, wording: Wording) -> list[str]:
    """Say what a person has to do now, the urgent first."""
    source, replacement = receipt.source, receipt.replacement
    told: list[str] = []
    if receipt.beside:
        told.append(wording("todo.beside", source=receipt.beside, replacement=replacement.instance))
    if replacement.instance:
        address = replacement.private_ip or "-"
        told.append(wording("todo.check", replacement=replacement.instance, address=address))
    if receipt.degraded:
        told.append(wording.known("todo", receipt.boot))
    if differs(receipt, "private_ip"):
        told.append(wording("todo.address", old=source.private_ip, new=replacement.private_ip))
    if replacement.instance and source.public_ip:
        told.append(wording("todo.public", address=source.public_ip))
    if replacement.instance and source.elastic_ip and not replacement.elastic_ip:
        told.append(
            wording("todo.elastic", address=source.elastic_ip, replacement=replacement.instance)
        )
    if receipt.quarantined:
        told.append(wording("todo.quarantined", instances=wording.listed(receipt.quarantined)))
    told += _about_late_data(receipt, wording)
    # A rescue boots an image that is not ours, and has the disks themselves.
    if receipt.image and replacement.instance and receipt.boot != "rescue":
        told.append(wording("todo.leftovers", image=receipt.image))
    undated = [one.what.removeprefix("disk ") for one in receipt.not_kept if _is_undated(one)]
    if undated:
        told.append(wording("todo.undated", disks=wording.listed(undated)))
    return told or [wording("todo.nothing")]


def _is_undated(one: NotKept) -> bool:
    return one.why == boots.UNDATED_DISK and one.what.startswith("disk ")


def _about_late_data(receipt: Receipt, wording: Wording) -> Iterator[str]:
    """The image ends at its data point; what came later is on a kept disk, or nowhere."""
    if receipt.is_in_place:
        return
    for retained, key in ((True, "todo.late"), (False, "todo.late_lost")):
        apart = [one for one in receipt.disks if one.data_point and not one.attached]
        disks = [one for one in apart if one.retained is retained]
        if disks:
            names = wording.listed([one.disk for one in disks])
            yield wording(key, point=data_point(disks[0], wording), disks=names)
