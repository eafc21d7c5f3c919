"""Documents that are made from the code are in the repository as they would be made now."""

import itertools
import re
from pathlib import Path

from worker.ops.documents import DOCS, configuration_page, files, steps_part
from worker.settings.reference import known_paths
from worker.steps import STEPS


def test_made_documents_are_current() -> None:
    """A new setting or step changes the documents in the same commit."""
    stale = [path.name for path, text in files() if path.read_text("utf-8") != text]

    assert stale == [], "make docs renews them"


def test_every_key_stands_in_the_reference() -> None:
    """Each key has a row of four cells, and each section a heading."""
    page = configuration_page()

    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert all(line.replace("\\|", "").count("|") in {3, 5} for line in rows)
    for path in known_paths():
        assert f"| `{path}` |" in page or f"## `{path}`\n" in page


def test_every_step_is_drawn_in_order() -> None:
    """The picture is that of `STEPS`."""
    part = steps_part()

    for one, after in itertools.pairwise(STEPS):
        assert f"  {one.name.value} --> {after.name.value}\n" in part
    assert part.count("-->") == len(STEPS) + 1


def test_links_between_documents_lead_somewhere() -> None:
    """No document of ours points to a file that is not there."""
    pages = [
        *DOCS.rglob("*.md"),
        *DOCS.parent.glob("*.md"),
        *(DOCS.parent / "deploy").rglob("*.md"),
    ]
    links = [
        (page, target)
        for page in [*pages, DOCS.parent / "emulator" / "README.md"]
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target
    ]

    assert len(links) > 20
    assert [(page.name, to) for page, to in links if not Path(page.parent, to).exists()] == []
