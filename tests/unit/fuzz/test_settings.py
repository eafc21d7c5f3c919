"""Any configuration file: good, or told in sentences; never a traceback, never a hang."""

import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fuzz.hostile import HOSTILE_TEXTS, fuzz, mutated, scrambled
from worker.cli import main
from worker.settings import SettingsError, example_yaml, from_data
from worker.settings.problems import Problem
from worker.settings.reference import known_paths
from worker.settings.yaml_file import parse_yaml

PLACE = {
    "ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456",
    "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
    "ALIYUN_OPS_SIGNING_KEY": "only-for-this-test-0123456789",
}
EXAMPLE = example_yaml()
WHOLE: dict[str, Any] = yaml.safe_load(EXAMPLE)
PATHS = sorted(known_paths())
SNIPPETS = (
    'a: !!int ""',
    "a: !!bool x",
    "a: !!timestamp x",
    "a: !!set {x, y}",
    "a: !!omap [x: 1]",
    'a: !!binary "///"',
    "a: !!python/object/apply:os.system [reboot]",
    "a: &a [*a]",
    "a: &a {b: *a}",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nqueue: [*c, *c]",
    "<<: {owner: x}",
    "? [a]\n: b",
    "? {a: b}\n: c",
    "null: 1",
    "1: 2",
    "true: {1: 2}",
    "queue: {1: 2, null: 3}",
    "queue: {name: a, name: b}",
    "select: {tags: {1: a, null: b, true: c}}",
    "--- a\n--- b",
    "%YAML 9.9\n---\na: 1",
    "a: 9999-99-99",
    "owner: 2001-12-14t21:59:43.10-99:99",
    "owner: .nan",
    "notice: {length: .inf}",
    "worker: {concurrency: 99999999999999999999999999}",
    "account_id: 123e400",
    "a: 1:99999:1e9",
    "a: 0x",
    "a: =",
    "=: x",
    "\ta: 1",
    "a: |\n  x\n y",
    "a: 'x",
    '"\\x1b[31m": 1',
    '"a\\nb": 1',
    "\x00",
    "\ud800",
    "\ufeffowner: x",
    "[" * 3_000,
    "{a: " * 1_000,
    "- " * 2_000,
    "? " * 500,
    "a: " + "9" * 5_000,
    "a: [" + "x, " * 5_000 + "]",
)


def check(text: str) -> None:
    """Load a text; what is wrong with it is told in printable sentences."""
    for problem in _problems(text):
        line = str(problem)
        assert line.isprintable()
        assert ": " in line
        assert "; " in line
        assert len(line) < 2_000


def _problems(text: str) -> tuple[Problem, ...]:
    try:
        from_data(parse_yaml(text, name="config.yaml"), PLACE)
    except SettingsError as error:
        # An error without a problem would be told as nothing.
        return error.problems or (Problem("", "", ""),)
    return ()


@fuzz(200)
@given(st.text(st.characters(), max_size=60) | st.text("[]{}:,-?&*!|>'\"%@`# \n\tab1", max_size=40))
def test_any_text(text: str) -> None:
    """Anything at all, and much that is nearly YAML."""
    check(text)


@pytest.mark.parametrize("text", SNIPPETS, ids=lambda text: ascii(text[:24]))
def test_what_breaks_readers_of_yaml(text: str) -> None:
    """Tags, anchors that hold themselves, keys that are none, endless nesting."""
    check(text)
    check(f"owner: good\n{text}\nlog: {{level: info}}\n")


@fuzz(120)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_other_values_in_some_places(seed: int, times: int) -> None:
    """The whole example with hostile values, missing keys and doubled sections."""
    rng = random.Random(seed)

    check(yaml.safe_dump(mutated(WHOLE, rng, times), allow_unicode=bool(seed % 2)))


@fuzz(200)
@given(
    st.sampled_from(PATHS), st.sampled_from((*HOSTILE_TEXTS, None, True, -1, 1e300, [], {}, [1]))
)
def test_any_value_at_any_key(path: str, value: object) -> None:
    """Every key with everything that a person may write there by mistake."""
    data: Any = value
    for part in reversed(path.split(".")):
        data = {part: data}

    check(yaml.safe_dump(data, allow_unicode=True))


@fuzz(60)
@given(st.integers(0, 2**32))
def test_example_cut_and_overwritten(seed: int) -> None:
    """The example's text with pieces cut out and put in."""
    rng = random.Random(seed)
    at = rng.randrange(len(EXAMPLE))

    check(scrambled(EXAMPLE[at : at + 1_500], rng, rng.randrange(1, 6)))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "config.yaml"


@fuzz(60)
@given(
    raw=st.binary(max_size=60)
    | st.sampled_from(SNIPPETS).map(lambda text: text.encode("utf-8", "surrogatepass")),
    as_json=st.booleans(),
)
def test_any_file_through_the_command_line(file: Path, raw: bytes, as_json: bool) -> None:  # noqa: FBT001
    """Exit code 0 or 2, one line for each problem on stderr, and no traceback."""
    file.write_bytes(raw)
    arguments = ["config", "check", "--config", str(file), *(["--json"] if as_json else [])]

    result = CliRunner(env=PLACE).invoke(main, arguments)

    assert result.exit_code in (0, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert all(line.isprintable() for line in result.output.split("\n"))
    if result.exit_code == 2 and not as_json:
        assert result.stderr.startswith("aliyun-ops: ")
        assert result.stdout == ""
