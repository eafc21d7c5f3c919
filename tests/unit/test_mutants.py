"""The list of deliberate defects fits the code, so that `make mutants` can make each of them."""

import ast
import json
from pathlib import Path

import pytest

from tests.simulation.mutants import COPIED, GUARDS, MUTANTS, Mutant

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_can_be_made(mutant: Mutant) -> None:
    """Its line stands once in its file, and what it becomes is still Python."""
    text = (ROOT / mutant.file).read_text(encoding="utf-8")

    assert text.count(mutant.old) == 1
    compile(text.replace(mutant.old, mutant.new), mutant.file, "exec")


def test_every_package_that_the_tests_import_is_copied() -> None:
    """A missing one turns the tests red by itself, and every mutant would seem caught."""
    imported = set()
    for file in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {one.name.split(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])

    assert {name for name in imported if (ROOT / name).is_dir()} <= set(COPIED)


def test_every_mutant_has_a_guard_that_is_there() -> None:
    """One without a row has not been seen to be caught; a test that was renamed is asked in vain."""
    kept = json.loads(GUARDS.read_text(encoding="utf-8"))

    assert list(kept) == [mutant.name for mutant in MUTANTS]
    for guard in kept.values():
        file, _, name = guard.partition("::")
        assert f"def {name.split('::')[-1]}(" in (ROOT / file).read_text(encoding="utf-8"), guard
