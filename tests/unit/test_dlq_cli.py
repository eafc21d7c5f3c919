"""What the commands for dead letters say: the bar of a replay, what stays, and what cannot be seen."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from typing_extensions import override

from worker.cli import main
from worker.cli.dlq import _end, _fail_if_left, _Telling
from worker.cli.failures import Failure
from worker.core.errors import Permanent
from worker.ops.patience import Patience
from worker.ops.replay import Fate, Plan
from worker.ops.shelves import Shelf, Visit
from worker.ops.wording import Language, Wording
from worker.ports import Delivery

# Erases the line that the bar stands on.
ERASED = "\x1b[2K"


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


def test_a_line_takes_the_place_of_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not behind it on the same line, where nobody can read either."""
    terminal, nothing = Terminal(), io.StringIO()
    visit: Any = None
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    told = _Telling(visit, "en", as_json=False)

    with told.bar(2) as bar:
        bar.advance()
        told.line("the first is sent")
    monkeypatch.setattr("sys.stdout", nothing)
    with told.bar(2):
        told.line("into a pipe")

    before = terminal.getvalue().partition("the first is sent")[0]
    assert "replaying" in before
    assert before.endswith(ERASED)
    assert nothing.getvalue() == "into a pipe\n"
    assert "into a pipe" not in terminal.getvalue()


@pytest.mark.parametrize("command", ["list", "replay", "discard"])
def test_a_step_that_there_is_not_is_told(command: str) -> None:
    """It would match nothing, and no dead letters look like good news."""
    ended = CliRunner().invoke(main, ["dlq", command, "--step", "lunch"])

    assert ended.exit_code == 2
    assert "'lunch' is no step; there are retain, start," in ended.output


def plan(fate: Fate) -> Plan:
    letter: Any = SimpleNamespace(message_id=f"the-{fate.value}-one")
    return Plan(letter, fate)


@pytest.mark.parametrize(
    ("fates", "said"),
    [
        ((Fate.SENT, Fate.KEPT), "left where they are: the-kept-one; the reasons are above"),
        ((Fate.UNANSWERED,), "not replayed: the-unanswered-one; the reasons are above"),
        (
            (Fate.KEPT, Fate.UNANSWERED),
            (
                "left where they are: the-kept-one; not replayed: the-unanswered-one;"
                " the reasons are above"
            ),
        ),
    ],
)
def test_what_stays_is_told_in_the_words_of_the_count(fates: tuple[Fate, ...], said: str) -> None:
    """What is left by intent did not fail, and the line above counts it apart."""
    with pytest.raises(Failure) as failed:
        _fail_if_left([plan(one) for one in fates], ())

    assert failed.value.message == said
    chinese = Wording(Language.CHINESE).sentence(said)
    assert ("保留在原处：the-kept-one" in chinese) is (Fate.KEPT in fates)
    assert ("未能重放：the-unanswered-one" in chinese) is (Fate.UNANSWERED in fates)
    assert "reasons" not in chinese


class NoQueue:
    """A queue that there is not."""

    def receive(self, **_: Any) -> tuple[Delivery, ...]:
        raise Permanent("it does not exist", code="QueueNotExist")


def empty_visit(*names: str) -> Visit:
    home: Any = None
    queue: Any = NoQueue()
    clock: Any = SimpleNamespace(now=lambda: 0.0)
    patience = Patience(clock, lambda _: None)
    return Visit([Shelf(one, queue) for one in names], home, (), clock, patience)


@pytest.mark.parametrize(
    "command", [("list",), ("list", "--json"), ("replay",), ("discard",), ("keep",)]
)
def test_a_queue_that_cannot_be_looked_into_is_no_empty_one(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No dead letters would look like good news."""
    around = SimpleNamespace(clock=SimpleNamespace(now=lambda: 0.0))
    monkeypatch.setattr("worker.cli.dlq.build_surroundings", lambda *_: around)
    monkeypatch.setattr("worker.cli.dlq.build_patience", lambda *_: None)
    for name in ("discard", "keep", "replay"):
        monkeypatch.setattr(f"worker.cli.dlq.build_{name}", lambda *_: SimpleNamespace(run=looked))
    monkeypatch.setattr("worker.cli.dlq.build_visit", lambda *_: empty_visit("dead"))
    environ = {
        "ALIYUN_OPS_SIGNING_KEY": "0123456789abcdef0123456789abcdef",
        "ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456",
        "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
        "LANG": "C",
    }

    ended = CliRunner().invoke(main, ["dlq", *command], env=environ)

    assert ended.exit_code == 1, ended.output
    assert "o dead letter" not in ended.stdout
    assert "not every queue could be looked into" in ended.stderr


def looked(visit: Visit, *_: Any, **__: Any) -> Iterator[Any]:
    """Look as every one of them does."""
    yield from visit.letters()


def telling(monkeypatch: pytest.MonkeyPatch) -> tuple[Terminal, _Telling]:
    """Have both streams end in one terminal, and somebody who tells there."""
    terminal = Terminal()
    visit: Any = None
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    told = _Telling(visit, "en", as_json=False)
    return terminal, told


def test_a_replay_that_sends_nothing_draws_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would count nothing, and never end."""
    terminal, told = telling(monkeypatch)

    with told.bar(None):
        told.line("would go on")

    assert terminal.getvalue() == "would go on\n"


def test_a_bar_without_an_end_only_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows how many there are until all have been received."""
    terminal, told = telling(monkeypatch)

    with told.bar(None) as bar:
        bar.advance()

    assert "replaying 1" in terminal.getvalue()
    assert "?" not in terminal.getvalue().replace("\x1b[?25", "")


def test_nothing_is_said_of_what_could_not_be_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    """No other lease hides anything from who got no answer."""
    with pytest.raises(Permanent), _Telling(empty_visit(), "en", as_json=False):
        raise Permanent("no answer")
    unseen = capsys.readouterr().err
    with _Telling(empty_visit(), "en", as_json=False):
        pass

    assert unseen == ""
    assert "somebody else has leased" in capsys.readouterr().err


def test_replay_leads_on_to_who_carries_it_out(capsys: pytest.CaptureFixture[str]) -> None:
    with _Telling(empty_visit(), "en", as_json=False) as told:
        _end(told, [plan(Fate.SENT)], dry_run=False)
    sent = capsys.readouterr().out
    with _Telling(empty_visit(), "en", as_json=False) as told:
        _end(told, [plan(Fate.KEPT)], dry_run=False)

    assert "aliyun-ops status" in sent
    assert "aliyun-ops status" not in capsys.readouterr().out


def test_what_was_done_is_told_a_program_where_the_rest_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What has gone back to the queue has, whatever comes after it."""
    done = [{"message": "the-first"}]

    told = _Telling(empty_visit(), "en", as_json=True)
    told.data["replayed"] = done
    with pytest.raises(Permanent), told:
        raise Permanent("no answer")
    told_of_it = json.loads(capsys.readouterr().out)
    with pytest.raises(Permanent), _Telling(empty_visit(), "en", as_json=True):
        raise Permanent("no answer")

    assert told_of_it["replayed"] == done
    assert capsys.readouterr().out == ""


def test_what_was_sent_and_stays_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """It goes on, and its letter is there for a second time: neither is a replay that failed."""
    stays = replace(plan(Fate.SENT), why="DeleteMessage got no answer (timeout)")

    with _Telling(empty_visit(), "en", as_json=False) as told:
        _end(told, [stays], dry_run=False)
    with pytest.raises(Failure) as failed:
        _fail_if_left([stays], ())

    assert "1 sent" in capsys.readouterr().out
    said = "sent, and still among the dead letters: the-sent-one; the reasons are above"
    assert failed.value.message == said
    assert "仍在死信队列中：the-sent-one" in Wording(Language.CHINESE).sentence(said)
