"""What the commands of an operator say and leave when something fails half way."""

import errno
import inspect
import io
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from typing_extensions import override

from tests.unit.ops.test_audit import GOING, LATE
from worker.adapters.captures import DirectoryCaptures
from worker.cli import audit, dlq, drill, reconcile, sweep
from worker.cli.failures import Failure
from worker.cli.stopping import interruptible
from worker.core.auditing import Equipped
from worker.core.errors import Permanent, Transient
from worker.core.leftovers import Kind, Leftover
from worker.core.model import Details
from worker.core.progress import Captured, Mark
from worker.ops.audit import Fixed
from worker.ops.audit_view import fixed_line
from worker.ops.drill import Mode
from worker.ops.drill_cleaning import LAG_SECONDS_MAX
from worker.ops.sweep import Fate, Result
from worker.ops.wording import Language, Wording

SOURCE = "i-bp1source00000000001"
CHINESE = Wording(Language.CHINESE)


class Unreachable:
    """A cloud that has gone away: neither the drill nor its cleaning gets an answer."""

    patience = SimpleNamespace(clock=SimpleNamespace(now=lambda: 0.0))

    def run(self, *_: object) -> Iterator[Any]:
        raise Transient("DescribeImages got no answer (no answer in time)")


def test_a_drill_that_cannot_clean_up_says_what_does() -> None:
    """What it made costs money, and its failure would hide that it is still there."""
    plan: Any = SimpleNamespace(source=SimpleNamespace(instance_id=SOURCE), mode=Mode.CHECK)
    cloud: Any = Unreachable()
    told = drill._Telling(Wording(), as_json=False)

    with pytest.raises(Failure) as failed:
        drill._rehearse(cloud, plan, cloud, told, keep=False)

    said = failed.value.message
    assert said.startswith("the drill failed: DescribeImages got no answer")
    assert said.endswith(f"run aliyun-ops drill --clean --instance {SOURCE}")
    chinese = CHINESE.sentence(said)
    assert "演练失败" in chinese
    assert "still there" not in chinese


class Lender:
    """A drill that a signal stops half way, and the cleaning of it, which is disturbed as well."""

    def __init__(self, *stops: signal.Signals) -> None:
        self.stops = list(stops)
        self.cleaned: list[str] = []
        clock = SimpleNamespace(now=lambda: 0.0)
        self.pauses: list[float] = []
        self.patience = SimpleNamespace(clock=clock, until=self.pauses.append)

    def stop(self) -> None:
        signal.raise_signal(self.stops.pop(0))

    def drill(self, _plan: Any, tell: Callable[[Mark], None]) -> Any:
        tell(Mark("elastic address moved", 1.0, "eip-bp1"))
        self.stop()
        raise AssertionError("it was not stopped")

    def clean(self, instance_id: str, tell: Callable[[Mark], None]) -> Iterator[Any]:
        if self.stops:
            self.stop()
        tell(Mark("everything given back", 2.0, instance_id))
        self.cleaned.append(instance_id)
        thing = Leftover(Kind.IMAGE, "m-bp1image0000000000000")
        yield Result(thing, Fate.DELETED if len(self.cleaned) == 1 else Fate.GONE)


def stopped(lender: Lender, *, mode: Mode = Mode.HANDOVER, keep: bool = False) -> str:
    """Drill as the command does, and return the sentence that it ends with."""
    plan: Any = SimpleNamespace(source=SimpleNamespace(instance_id=SOURCE), mode=mode)
    drilling: Any = SimpleNamespace(run=lender.drill, patience=lender.patience)
    cleaning: Any = SimpleNamespace(run=lender.clean)
    told = drill._Telling(Wording(), as_json=False)
    with (
        pytest.raises(Failure) as failed,
        interruptible(),
        told,
        drill._interruptible(SOURCE),
    ):
        drill._rehearse(drilling, plan, cleaning, told, keep=keep)
    return failed.value.message


STOPS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


@pytest.fixture
def stoppable() -> Iterator[None]:
    """Signals as a process finds them that was started by hand."""
    before = {one: signal.signal(one, signal.SIG_DFL) for one in STOPS[:2]}
    yield
    left = {signal.getsignal(one) for one in before}
    for one, how in before.items():
        signal.signal(one, how)
    assert left == {signal.SIG_DFL}


@pytest.mark.usefixtures("stoppable")
@pytest.mark.parametrize("mode", [Mode.LAUNCH, Mode.HANDOVER])
@pytest.mark.parametrize("again", [signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize("stop", STOPS)
def test_a_drill_that_is_stopped_gives_back_what_it_has(
    stop: signal.Signals, again: signal.Signals, mode: Mode
) -> None:
    """Also when its terminal is closed, and what closes it says so a second time during the clean-up."""
    lender = Lender(stop, again)

    assert stopped(lender, mode=mode) == "interrupted; nothing is left of the drill"

    # Twice: what was asked for right before shows only a while later.
    assert lender.cleaned == [SOURCE, SOURCE]
    assert lender.pauses == [LAG_SECONDS_MAX]


@pytest.mark.usefixtures("stoppable")
@pytest.mark.parametrize("stop", STOPS)
def test_ctrl_c_ends_a_clean_up_too(stop: signal.Signals) -> None:
    """And says what takes away what is left."""
    lender = Lender(stop, signal.SIGINT)

    assert stopped(lender).endswith(f"aliyun-ops drill --clean --instance {SOURCE}")
    assert lender.cleaned == []


@pytest.mark.usefixtures("stoppable")
@pytest.mark.parametrize(("mode", "keep"), [(Mode.CHECK, False), (Mode.HANDOVER, True)])
@pytest.mark.parametrize("stop", STOPS)
def test_what_goes_on_later_is_left_and_told(stop: signal.Signals, mode: Mode, *, keep: bool) -> None:  # fmt: skip
    lender = Lender(stop)

    said = stopped(lender, mode=mode, keep=keep)

    assert said.endswith(f"aliyun-ops drill --clean --instance {SOURCE}")
    assert lender.cleaned == []


@pytest.mark.usefixtures("stoppable")
def test_a_closed_terminal_does_not_keep_a_clean_up_from_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every line that it would write is refused, and the canary gets everything back all the same."""
    hung_up = OSError(errno.EIO, "Input/output error")

    class Closed(io.StringIO):
        @override
        def write(self, text: str, /) -> int:
            raise hung_up

    monkeypatch.setattr("sys.stdout", Closed())
    monkeypatch.setattr("sys.stderr", Closed())
    lender = Lender(signal.SIGHUP)

    said = stopped(lender)
    Failure(said).show()

    assert lender.cleaned == [SOURCE, SOURCE]
    assert said == "interrupted; nothing is left of the drill"


@pytest.mark.usefixtures("stoppable")
def test_a_closed_terminal_does_not_disturb_the_clean_up_of_a_drill_that_has_ended() -> None:
    class Ended(Lender):
        @override
        def drill(self, _plan: Any, tell: Callable[[Mark], None]) -> Any:
            raise Permanent("no stock")

    lender = Ended(signal.SIGHUP)

    assert stopped(lender) == "the drill failed: no stock"
    assert lender.cleaned == [SOURCE]


@pytest.mark.usefixtures("stoppable")
@pytest.mark.parametrize(
    "command", [drill.drill, sweep.sweep, reconcile.reconcile, audit.audit, dlq.replay, dlq.keep]
)
def test_a_closed_terminal_stops_a_command_as_ctrl_c_does(
    monkeypatch: pytest.MonkeyPatch, command: click.Command
) -> None:
    """So that it gives back what it holds, and a program gets its JSON."""
    body: Any = command.callback
    body = body.__wrapped__

    def hung_up(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGHUP)

    for name in ("build_surroundings", "_check", "_edits"):
        monkeypatch.setattr(sys.modules[body.__module__], name, hung_up, raising=False)
    given: dict[str, Any] = dict.fromkeys(inspect.signature(body).parameters, "")
    given["settings"] = SimpleNamespace(signing_keys=(b"k",))
    given.pop("filters", None)

    with pytest.raises(KeyboardInterrupt):
        body(given.pop("settings"), **given)


def test_what_nohup_has_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


class OneIsGone:
    """An audit that cannot capture the first of its sources any more."""

    def capture(self, one: Equipped) -> Captured:
        if one is GOING:
            raise Permanent("DescribeInstanceRamRole was refused: InvalidInstanceId.NotFound")
        return Captured(one.instance, one.disks, "", Details())


def test_one_that_cannot_be_captured_costs_no_other_its_capture(
    tmp_path: Path,
) -> None:
    """The others come back from theirs on the day when their event is late."""
    report: Any = SimpleNamespace(to_capture=(GOING, LATE))
    settings = SimpleNamespace(
        signing_keys=(b"0123456789abcdef",), account_id="1234567890123456", region="cn-hangzhou"
    )
    around: Any = SimpleNamespace(settings=settings, clock=SimpleNamespace(now=lambda: 0.0))
    auditing: Any = OneIsGone()
    lost: list[tuple[str, str]] = []
    told: Any = SimpleNamespace(uncaptured=lambda *said: lost.append(said))

    files = audit._record(around, auditing, report, tmp_path, told)

    kept = DirectoryCaptures(tmp_path)
    assert files == [str(tmp_path / f"{LATE.instance.instance_id}.json")]
    assert kept.find(LATE.instance.instance_id) is not None
    assert [one for one, _ in lost] == [GOING.instance.instance_id]


def test_no_english_is_left_in_why_something_was_refused() -> None:
    """A sentence of ours in a Chinese line."""
    fix: Any = SimpleNamespace(what=None, instance_id="i-1", disk_ids=("d-1",))
    line = fixed_line(
        Fixed(fix, "ModifyDiskAttribute got no answer (no answer in time)"), "", CHINESE
    )

    assert "没有得到应答（应答超时）" in line
