"""What long searches have shown stands in the documents as it was kept."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import clones, searched, sim
from tests.simulation.searched import PAGE, Search, filled, read

ONE = Search("random", "0123456", (1, 2_000), 2_000, 9, 10, 1, 1.25, 40.0)


def test_the_page_has_every_search() -> None:
    """Whoever keeps one writes the page, too."""
    page = PAGE.read_text(encoding="utf-8")

    assert filled(page, read()) == page
    assert read()[-1].row in page


def test_a_search_is_told_whole() -> None:
    """A broken promise is as much a figure as the others."""
    page = filled("a\n<!-- searched -->\nold\n<!-- /searched -->\nb", (ONE, ONE))

    assert page.count("| random | 0123456 | 1 to 2,000 | 2,000 | 9 of 10 | 1 | 1.2 | 50 | 1 |") == 2
    assert "random: 4,000 in all." in page
    assert "old" not in page


def test_a_search_is_kept_behind_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept before stays."""
    kept, page = tmp_path / "kept.json", tmp_path / "page.md"
    kept.write_text("[]", encoding="utf-8")
    page.write_text("<!-- searched -->\n<!-- /searched -->", encoding="utf-8")
    monkeypatch.setattr(searched, "KEPT", kept)
    monkeypatch.setattr(searched, "PAGE", page)

    searched.note(ONE)
    searched.note(ONE)

    assert read(kept) == (ONE, ONE)
    assert page.read_text(encoding="utf-8").count(ONE.row) == 2


def test_a_changed_tree_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit would not tell what ran."""
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "new.py").write_text("", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)  # noqa: S603, S607
    monkeypatch.setattr(searched, "PAGE", tmp_path / "page.md")

    with pytest.raises(ValueError, match="differs from its commit"):
        searched.commit()


@pytest.mark.parametrize(
    ("bar", "asked", "code"),
    [
        (0.5, ("--faults", "3", "--exactly"), 1),
        (9.0, ("--faults", "3", "--exactly"), 0),
        (0.5, ("--faults", "3"), 0),
        (0.5, ("--faults", "2", "--exactly"), 0),
    ],
)
def test_calls_under_exactly_three_faults_have_a_bar(
    monkeypatch: pytest.MonkeyPatch, bar: float, asked: tuple[str, ...], code: int
) -> None:
    """A search of another kind has none: what it draws is not what is promised of."""
    monkeypatch.setattr(sim, "P99_MAX", bar)
    monkeypatch.setattr(sys, "argv", ["sim", "--count", "4", "--processes", "1", *asked])

    assert sim.main() == code


def test_a_search_under_three_faults_is_kept_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its figure is another one than that of up to eight."""
    kept: list[Search] = []
    monkeypatch.setattr(searched, "commit", lambda: "0123456")
    monkeypatch.setattr(searched, "note", kept.append)
    for asked in (("--faults", "3", "--exactly"), ()):
        monkeypatch.setattr(
            sys, "argv", ["sim", "--count", "2", "--processes", "1", "--note", *asked]
        )
        sim.main()

    assert [one.kind for one in kept] == ["three faults", "random"]


def test_random_sources_are_kept_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing strikes in them, so that the table has no cells and no calls of theirs."""
    kept: list[Search] = []
    monkeypatch.setattr(searched, "commit", lambda: "0123456")
    monkeypatch.setattr(searched, "note", kept.append)

    assert clones.main(["--seed", "7", "--count", "2", "--note"]) == 0

    (one,) = kept
    assert (one.kind, one.commit, one.seeds, one.schedules) == ("clones", "0123456", (7, 8), 2)
    assert one.row.startswith("| clones | 0123456 | 7 to 8 | 2 | none | 0 |  |")
