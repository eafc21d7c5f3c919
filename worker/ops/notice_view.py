"""Writes notices for a phone: what was saved, what is happening, what to do."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from worker.core.notices import URGENCY, Kind, Message, Notice
from worker.core.outcomes import Park
from worker.ops.runbook import SECTIONS
from worker.ops.wording import Wording

NAMES_MAX = 5
NOT_KEPT_MAX = 4
CHARGES = ("spot", "pay-as-you-go")
_SECTIONS: Mapping[Kind, str] = {
    Kind.PARKED: "runbook.parked",
    Kind.QUARANTINED: "runbook.quarantined",
}


def message_of(notices: Sequence[Notice], wording: Wording) -> Message:
    """Write one message for one or more notices."""
    if len(notices) == 1:
        (notice,) = notices
        who = notice.who or wording("notice.message")
        title = wording(f"notice.title.{_title(notice)}", who=who)
        return Message(notice.kind, title, "\n".join(_lines(notice, wording)))
    return _merged(notices, wording)


def _title(notice: Notice) -> str:
    return "beside" if notice.is_beside else notice.kind.value


def _lines(notice: Notice, wording: Wording) -> Iterator[str]:
    if notice.source:
        yield wording("notice.where", source=notice.source, region=notice.region)
    yield from _ABOUT[notice.kind](notice, wording)
    yield wording("message.runbook", where=_section(notice, wording))


def _section(notice: Notice, wording: Wording) -> str:
    """Name the section of the runbook that this news is about."""
    if notice.kind is Kind.PARKED and notice.park in SECTIONS:
        return wording("runbook", section=notice.park)
    return wording(_SECTIONS.get(notice.kind, "runbook.notices"))


def _started(notice: Notice, wording: Wording) -> Iterator[str]:
    left = round(notice.seconds_left)
    yield wording("notice.started", left=left) if left > 0 else wording("notice.started_late")
    yield _saved(notice, wording)
    yield wording("notice.next.started")


def _recovered(notice: Notice, wording: Wording) -> Iterator[str]:
    seconds = round(notice.seconds)
    if notice.is_in_place:
        yield wording("notice.runs_itself", seconds=seconds)
    else:
        yield wording("notice.runs", replacement=notice.replacement, seconds=seconds)
    if notice.server:
        words = [wording(one) if one in CHARGES else one for one in notice.server]
        yield wording("notice.server", server=wording.listed(words))
    if "pay-as-you-go" in notice.server:
        yield wording("notice.bought")
    yield _saved(notice, wording)
    for one in notice.not_kept[:NOT_KEPT_MAX]:
        yield wording(
            "notice.not_kept", what=wording.sentence(one.what), why=wording.sentence(one.why)
        )
    if len(notice.not_kept) > NOT_KEPT_MAX:
        yield wording("and_more", number=len(notice.not_kept) - NOT_KEPT_MAX)
    address = notice.address
    yield wording("notice.check", address=address) if address else wording("notice.check_it")
    yield wording("notice.receipt", id=notice.recreation)


def _called_off(notice: Notice, wording: Wording) -> Iterator[str]:
    yield wording("notice.called_off", why=wording.sentence(notice.why))


def _parked(notice: Notice, wording: Wording) -> Iterator[str]:
    why = wording.sentence(notice.why)
    if notice.code:
        known = wording.why(notice.code)
        code = wording("because", what=notice.code, why=known) if known else notice.code
        yield wording("notice.parked_code", why=why, code=code)
    else:
        yield wording("notice.parked", why=why)
    if notice.source:
        yield _saved(notice, wording)
    yield wording("notice.advice", advice=wording.sentence(notice.advice))
    if not notice.source:
        yield wording("notice.list")
        return
    yield wording("notice.look", id=notice.source)
    yield wording("notice.replay", id=notice.source)


def _quarantined(notice: Notice, wording: Wording) -> Iterator[str]:
    extra = wording.listed(notice.extra)
    if notice.is_beside:
        yield wording("notice.beside", kept=notice.replacement, extra=extra)
        yield wording("notice.beside_todo", kept=notice.replacement, extra=extra)
        return
    yield wording("notice.extra", kept=notice.replacement, extra=extra)
    yield wording("notice.extra_todo", extra=extra)


_ABOUT: Mapping[Kind, Callable[[Notice, Wording], Iterator[str]]] = {
    Kind.STARTED: _started,
    Kind.RECOVERED: _recovered,
    Kind.DEGRADED: _recovered,
    Kind.CALLED_OFF: _called_off,
    Kind.PARKED: _parked,
    Kind.QUARANTINED: _quarantined,
}


def _saved(notice: Notice, wording: Wording) -> str:
    things: list[str] = []
    if notice.image:
        begun = notice.kind in {Kind.STARTED, Kind.PARKED}
        key = "notice.saved.begun" if begun else "notice.saved.image"
        things.append(wording(key, image=notice.image))
    if notice.disks:
        things.append(wording("notice.saved.disks", number=notice.disks))
    return wording(
        "notice.saved", things=wording.listed(things or [wording("notice.saved.nothing")])
    )


def _merged(notices: Sequence[Notice], wording: Wording) -> Message:
    """Count by kind, the most urgent first, with the first names and one command for each."""
    of = {kind: [one for one in notices if one.kind is kind] for kind in URGENCY}
    there = [kind for kind in URGENCY if of[kind]]
    counts = {kind: wording(f"notice.count.{kind.value}", number=len(of[kind])) for kind in there}
    title = wording("notice.merged", number=len(notices), counts=wording.listed([*counts.values()]))
    lines = [_names(of[kind], counts[kind], wording) for kind in there]
    if of[Kind.PARKED]:
        lines.append(wording("notice.list"))
    if of[Kind.QUARANTINED]:
        lines.append(wording("notice.sweep"))
    if of[Kind.RECOVERED] or of[Kind.DEGRADED]:
        lines.append(wording("notice.receipts"))
    where = wording(_SECTIONS.get(there[0], "runbook.notices"))
    lines.append(wording("message.runbook", where=where))
    return Message(there[0], title, "\n".join(lines))


def _names(notices: Sequence[Notice], count: str, wording: Wording) -> str:
    names = [one.who or wording("notice.message") for one in notices]
    told = wording.listed(names[:NAMES_MAX])
    if len(names) > NAMES_MAX:
        told = f"{told} {wording('and_more', number=len(names) - NAMES_MAX)}"
    return wording("notice.names", count=count, names=told)


def sample(kind: Kind, wording: Wording) -> Notice:
    """Return an example that says of itself that it is one."""
    return Notice(
        kind=kind,
        region="cn-hangzhou",
        source="i-0example0example",
        name=wording("notify.test"),
        recreation="example",
        image="m-0example",
        disks=2,
        replacement="i-1example1example",
        server=("ecs.g7.large", "cn-hangzhou-h", "spot"),
        address="192.0.2.10",
        seconds=120.0,
        seconds_left=240.0,
        extra=("i-2example2example",) if kind is Kind.QUARANTINED else (),
        park=Park.NO_STOCK.value if kind is Kind.PARKED else "",
        why="none of the candidates could be had (candidates: 12, epochs: 3)"
        if kind is Kind.PARKED
        else "",
        advice=Park.NO_STOCK.advice if kind is Kind.PARKED else "",
    )
