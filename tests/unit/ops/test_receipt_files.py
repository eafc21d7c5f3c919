"""Receipts are found by any id that a person has at hand."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.unit.ops.conftest import REPLACEMENT, SOURCE
from worker.core.errors import Malformed, Permanent
from worker.core.receipt import Receipt
from worker.ops.printing import plain_text
from worker.ops.receipt_files import BYTES_MAX, find, list_directory, read_file
from worker.ops.receipt_list import receipt_list
from worker.ops.wording import Language, Wording


@pytest.fixture
def directory(tmp_path: Path, receipt: Receipt) -> Path:
    older = replace(
        receipt,
        recreation="77" * 16,
        t0="2026-11-22T08:00:00Z",
        source=replace(receipt.source, instance="i-bp1older0000000000"),
        replacement=replace(receipt.replacement, instance="i-bp1olderreplacement"),
    )
    for one in (older, receipt):
        text = json.dumps(asdict(one), ensure_ascii=False)
        (tmp_path / f"{one.recreation}.json").write_text(text, encoding="utf-8")
    return tmp_path


def test_written_receipt_reads_back(directory: Path, receipt: Receipt) -> None:
    """Nothing is lost between writing and reading, Chinese included."""
    assert read_file(directory / f"{receipt.recreation}.json").receipt == receipt


@pytest.mark.parametrize("wanted", ["3f2a", SOURCE, REPLACEMENT, REPLACEMENT[:10]])
def test_receipt_is_found_by_any_of_its_ids(directory: Path, receipt: Receipt, wanted: str) -> None:
    """Recreation, source and replacement all lead to it."""
    assert find(directory, wanted).receipt.recreation == receipt.recreation


def test_ambiguous_id_names_the_choices(directory: Path) -> None:
    """Who gives too little of an id is told what there is."""
    with pytest.raises(Permanent, match="777777777777"):
        find(directory, "i-bp1")


def test_unknown_id_says_how_to_list(directory: Path) -> None:
    """A miss leads on."""
    with pytest.raises(Permanent, match="aliyun-ops receipt lists all with their ids"):
        find(directory, "i-unknown")


def test_list_is_newest_first_and_names_what_is_no_receipt(directory: Path) -> None:
    """A broken file neither hides the others nor is hidden."""
    (directory / "broken.json").write_text("{", encoding="utf-8")

    found, broken = list_directory(directory)
    text = plain_text(receipt_list(found, broken, str(directory), Wording()))

    assert [one.receipt.t0[:10] for one in found] == ["2026-11-23", "2026-11-22"]
    assert "broken.json is not JSON" in text
    assert text.index("3f2a9c0d3f2a") < text.index("777777777777")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("columns", "lines"), [(60, 4), (80, 4), (130, 3)])
def test_a_list_cuts_nothing_whatever_the_width(
    directory: Path, receipt: Receipt, language: Language, columns: int, lines: int
) -> None:
    """Who looks for an id to copy finds it whole: below the width of the table in two lines."""
    found, broken = list_directory(directory)
    wording = Wording(language)

    text = plain_text(receipt_list(found, broken, str(directory), wording), columns)

    assert len(text.splitlines()) == lines
    assert "…" not in text
    for one in (
        receipt.recreation[:12],
        receipt.source.instance,
        receipt.replacement.instance,
        "10:00:00",
        wording("short.recovered"),
        wording("seconds", number="152"),
        wording("receipts.after"),
    ):
        assert one in text


def test_a_list_names_no_replacement_that_there_is_not(tmp_path: Path, receipt: Receipt) -> None:
    """What nothing came of has no arrow into nowhere."""
    alarm = replace(
        receipt,
        outcome="false_alarm",
        timeline=(),
        replacement=replace(receipt.replacement, instance=""),
    )
    text = json.dumps(asdict(alarm), ensure_ascii=False)
    (tmp_path / f"{alarm.recreation}.json").write_text(text, encoding="utf-8")
    found, broken = list_directory(tmp_path)

    shown = plain_text(receipt_list(found, broken, str(tmp_path), Wording()), 60)

    assert "→" not in shown
    assert shown.splitlines()[1].endswith("· false alarm")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "not a receipt"),
        ('{"format": 2}', "format 2"),
        ('{"format": 1}', "not a receipt: recreation"),
        ("x" * (BYTES_MAX + 1), "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"format": 1, "format": 1}', "a key stands twice"),
        ('{"format": 1, "notice_seconds": NaN}', "NaN is not a JSON number"),
        ('{"format": 1, "notice_seconds": 1e999}', "is not a JSON number"),
    ],
)
def test_what_is_no_receipt_says_why(tmp_path: Path, text: str, why: str) -> None:
    """A wrong file ends in one sentence."""
    path = tmp_path / "some.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Malformed, match=why):
        read_file(path)


def test_missing_file_says_so(tmp_path: Path) -> None:
    """A misspelt path ends in one sentence."""
    with pytest.raises(Malformed, match="cannot be read"):
        read_file(tmp_path / "none.json")


@pytest.mark.parametrize("wanted", ["3f2a", SOURCE, SOURCE[:9]])
def test_broken_receipt_is_not_a_missing_one(
    directory: Path, receipt: Receipt, wanted: str
) -> None:
    """Cut off by a full disk: what is left of it still names whose it is."""
    path = directory / f"{receipt.recreation}.json"
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(Permanent) as told:
        find(directory, wanted)

    assert told.value.sentence.startswith(f"the receipt of {wanted} is broken ({path} is not JSON")
    assert "aliyun-ops status" in told.value.sentence
    assert str(path) in Wording(Language.CHINESE).sentence(told.value.sentence)
    assert "已损坏" in Wording(Language.CHINESE).sentence(told.value.sentence)


def test_miss_names_what_could_not_be_read(directory: Path) -> None:
    """Of an empty file nobody can say whose it was."""
    (directory / "empty.json").write_bytes(b"")

    with pytest.raises(Permanent, match=r"1 cannot be read, such as this \(.+empty\.json is not"):
        find(directory, "i-bp1nobody")
    with pytest.raises(Permanent, match="may be any of"):
        find(directory, "i-bp1")


def test_a_directory_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    """Whoever may not look would else be told that there are no receipts."""
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(Permanent, match=r"file cannot be read: Not a directory"):
        list_directory(tmp_path / "file")
    assert list_directory(tmp_path / "not there") == ([], [])
