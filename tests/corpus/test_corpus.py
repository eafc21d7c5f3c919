"""What a release has sent is read by every later one, and its recreation is gone on with."""

import json
from pathlib import Path

import pytest

from tests.corpus import files, generate
from tests.corpus.files import everything, index, read, releases
from tests.corpus.kinds import by_name
from tests.corpus.stage import BODY, Moment, go_on, reach
from tests.simulation.harness import ACCOUNT, KEY, REGION
from tests.simulation.invariants import violations
from tests.simulation.scenarios import recover, replacements
from worker import __version__
from worker.core import signing
from worker.core.errors import Malformed
from worker.core.messages import Home, Unreadable, Work, read_message
from worker.core.progress import Progress, decode

ALL = pytest.mark.parametrize(
    ("release", "name"), [pytest.param(*one, id="/".join(one)) for one in everything()]
)
KINDS = by_name()
LEAST = 20


def test_every_release_has_its_messages() -> None:
    """The release in hand is among them, with one message for each state that there is."""
    assert __version__ in releases()
    for release in releases():
        assert len(index(release)) >= LEAST
        found = {path.stem for path in (files.HERE / release).glob("*.json")} - {"index"}
        assert found == set(index(release))
    assert set(index(__version__)) == set(KINDS)


@ALL
def test_kept_files_are_as_they_were(release: str, name: str) -> None:
    """A message that was sent cannot be changed afterwards to suit the code."""
    kept = read(release, name)
    text = kept.file.read_text(encoding="utf-8")

    assert files.digest(text) == index(release)[name]
    assert kept.as_text() == text


@ALL
def test_kept_message_says_what_it_said(release: str, name: str) -> None:
    """Today's code reads every value as it was written: signature, progress, time and place."""
    kept = read(release, name)
    home = Home(ACCOUNT, REGION, "default")

    found = read_message(
        kept.body,
        kept.attributes,
        arrived_at=kept.sent_at,
        now=kept.sent_at,
        home=home,
        keys=(KEY,),
    )

    assert not kept.attributes or signing.is_signed(kept.attributes, kept.body, (KEY,))
    if kept.values is None:
        assert isinstance(found, Unreadable | Work)
        assert isinstance(found, Work) is (kept.name == "bare")
        return
    assert isinstance(found, Work)
    assert found.sent is not None
    assert generate.readable(found.sent) == kept.values
    assert kept.attributes["recreation"] == found.sent.recreation_id


@ALL
def test_kept_message_shows_its_state(release: str, name: str) -> None:
    """Each file is the state that its name says, and no two of a release are the same."""
    kept, kind = read(release, name), KINDS[name]
    if kept.values is not None:
        progress = decode(kept.attributes)
        assert kind.reached(progress)
        assert kind.sent_as(progress)
    others = [read(release, other) for other in index(release) if other != name]
    assert kept.meaning not in [other.meaning for other in others]


def rebuilt(release: str, name: str) -> tuple[Moment, files.Kept]:
    """Bring the cloud to the situation in which the message was sent, with today's code."""
    kept = read(release, name)
    moment = reach(KINDS[name])
    if kept.values is not None:
        _is_the_same_cloud(moment, decode(kept.attributes))
    return moment, kept


def _is_the_same_cloud(moment: Moment, progress: Progress) -> None:
    """The resources that the message names are there, or were."""
    known = {entry.resource_id for entry in moment.simulation.cloud.ledger}
    known |= set(moment.source.disks.values())
    named = {disk.disk_id for disk in progress.retained.disks} if progress.retained else set()
    named |= {progress.imaged.image_id} if progress.imaged else set()
    named |= {progress.launched.instance_id, *progress.launched.quarantined} - {""}
    assert named <= known, (
        "the scenario makes another cloud than it did; give its ids a fixed order"
    )


@ALL
def test_kept_message_resumes(release: str, name: str) -> None:
    """All workers die, a new one gets exactly this message, and the recreation ends as it must."""
    kind = KINDS[name]
    moment, kept = rebuilt(release, name)

    go_on(moment, kept.body, kept.attributes)
    recover(moment.simulation, 9_000.0)

    found = violations(moment.simulation, moment.source, withdrawn=kind.ends == "withdrawn")
    assert [one for one in found if not any(part in one for part in kind.allowed)] == []
    parks = [str(line["park"]) for line in moment.told_since("parked")]
    outcomes = [str(line["outcome"]) for line in moment.told_since("recreation_finished")]
    assert (parks, outcomes) == {
        "replaced": ([], ["recovered"]),
        "withdrawn": ([], ["false_alarm"]),
    }.get(kind.ends, ([kind.ends.removeprefix("parked ")], []))
    if kind.ends == "replaced":
        assert [one["Status"] for one in replacements(moment.simulation)] == ["Running"]
    assert len(moment.told_since("recreation_resumed")) >= (kept.values is not None)


def test_kept_progress_is_gone_on_with_and_not_begun_anew() -> None:
    """The test above proves something: the heir of a late message makes no second image."""
    moment, kept = rebuilt(__version__, "stop-asked")
    before = len(moment.simulation.interposer.calls)

    go_on(moment, kept.body, kept.attributes)
    recover(moment.simulation, 9_000.0)

    methods = {(call.port, call.method) for call in moment.simulation.interposer.calls[before:]}
    assert ("instances", "launch") in methods
    assert {("images", "create"), ("disks", "keep"), ("instances", "stop")} & methods == set()


def test_renamed_field_would_be_noticed() -> None:
    """A value under a name that today's code does not know is not what the file says."""
    kept = read(__version__, "stop-asked")
    assert kept.values is not None
    text = json.dumps(kept.values).replace('"stop_sent"', '"stop_requested"')

    renamed = generate._ADAPTER.validate_json(text)

    assert generate.readable(renamed) != kept.values


def test_released_directory_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generator makes a directory once."""
    (tmp_path / __version__).mkdir()
    monkeypatch.setattr(generate, "HERE", tmp_path)

    with pytest.raises(SystemExit, match="never written again"):
        generate.main()

    assert list((tmp_path / __version__).iterdir()) == []


def test_message_of_a_later_form_is_refused() -> None:
    """A form with another number is not guessed at."""
    kept = read(__version__, "specified")

    with pytest.raises(Malformed, match="format '2'"):
        decode({**kept.attributes, "format": "2"})
    assert decode(kept.attributes).instance_id in BODY
