"""How long trials ended stands in the documents as it was kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation import searched, trials
from tests.simulation.trials import Record

ONE = Record("kills", "0123456", 200, 1, "1,000 kills", 90.0)


def test_the_page_has_every_trial() -> None:
    """Whoever keeps one writes the page, too."""
    page = searched.PAGE.read_text(encoding="utf-8")

    assert trials.filled(page, trials.read()) == page
    assert trials.HEAD in page


def test_a_trial_takes_the_place_of_the_last_of_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was broken is told, and the others stay."""
    kept, page = tmp_path / "kept.json", tmp_path / "page.md"
    kept.write_text("[]", encoding="utf-8")
    page.write_text("a\n<!-- trials -->\n<!-- /trials -->\nb", encoding="utf-8")
    monkeypatch.setattr(trials, "KEPT", kept)
    monkeypatch.setattr(searched, "PAGE", page)
    other, again = replace(ONE, kind="soak"), replace(ONE, runs=5_000, broken=0)

    for one in (other, ONE, again):
        trials.note(one)

    assert trials.read(kept) == (again, other)
    text = page.read_text(encoding="utf-8")
    assert "| kills | 0123456 | 5,000 | 0 | 1,000 kills | 2 |" in text
    assert "| kills | 0123456 | 200 |" not in text
    assert other.row in text
