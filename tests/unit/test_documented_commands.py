"""Every command that a document shows is one: the program and make know its words and options."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from emulator.http.command import main as emulator_main
from worker.cli import main
from worker.ops.runbook.files import anchor

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "README.zh-CN.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "emulator" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "deploy").rglob("*.md")),
]
CHINESE = sorted(page for page in PAGES if page.name.endswith(".zh-CN.md"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
# Programs that are not ours; whoever adds one here has tried the line.
OTHERS = {".", "aliyun", "cd", "cp", "curl", "export", "git", "openssl", "pip", "s", "systemctl", "terraform", "python"}  # fmt: skip
# Words of the shell around commands.
_LOOP = re.compile(r"for \w+ in .+; do( .+; done)?|done")
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> Iterator[str]:
    """Yield every line of the shell blocks of a page, and every inline command of ours."""
    text = page.read_text("utf-8")
    for block in _BLOCK.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    for code in _CODE.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
        if re.match(r"(\.venv/bin/)?aliyun-ops |make [a-z]|python -m ", code):
            yield code


def commands_of(page: Path) -> list[str]:
    """Return the commands of a page, each once, without what is said of them."""
    plain = {one.partition(" #")[0].strip() for one in commands(page)} - {""}
    return sorted(one for one in plain if not _LOOP.fullmatch(one))


def every_command() -> list[tuple[str, str]]:
    """Return (page, command) of every page."""
    return [(str(page.relative_to(ROOT)), one) for page in PAGES for one in commands_of(page)]


def spelled_out(command: str) -> Iterator[list[str]]:
    """Split a command into words, once for each alternative that it shows as a|b; what is optional stays."""
    plain = re.sub(r"[\[\]…]", "", command)
    plain = re.split(r"\s[>|]\s|\s&&\s", plain)[0]
    words = shlex.split(plain)
    alternatives = next((word for word in words if re.fullmatch(r"[a-z-]+(\|[a-z-]+)+", word)), "")
    for choice in alternatives.split("|"):
        yield [choice if word == alternatives else word for word in words]


def assert_known(command: click.Command, words: list[str]) -> None:
    """Let click read the words, and those of each command under it; nothing is carried out."""
    context = click.Context(command, info_name=command.name)
    # A document may name a command without what it needs.
    context.resilient_parsing = not words
    try:
        rest = command.parse_args(context, list(words)) if words else []
    except click.MissingParameter:
        return
    except click.BadParameter as error:
        # ROLE stands for one of the roles.
        kind = getattr(error.param, "type", None)
        if not isinstance(kind, click.Choice) or not any(map(str.isupper, words)):
            raise
        assert_known(command, [kind.choices[0] if word.isupper() else word for word in words])
        return
    if isinstance(command, click.Group) and words:
        rest = [*context._protected_args, *context.args]
        _, found, after = command.resolve_command(context, rest)
        assert found is not None
        assert_known(found, after)


def assert_made(words: list[str]) -> None:
    """Look the targets up in the Makefile, and the variables in the target's recipe."""
    targets = [word for word in words if "=" not in word]
    for target in targets:
        recipe = re.search(rf"^{re.escape(target)}:.*\n(?:\t.*\n)*", MAKEFILE, re.MULTILINE)
        assert recipe, f"make has no target {target}"
        for name in (word.partition("=")[0] for word in words if "=" in word):
            assert f"$({name})" in recipe.group() or f"{name} ?=" in MAKEFILE


@pytest.mark.parametrize(("page", "command"), every_command())
def test_command_of_a_document_exists(
    page: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Program, command, options and values are known; the files that it names are the reader's."""
    monkeypatch.chdir(tmp_path)
    for words in spelled_out(command):
        for file in (word for word in words if re.fullmatch(r"(\w+/)?[\w-]+\.[a-z]+", word)):
            Path(file).parent.mkdir(exist_ok=True)
            Path(file).touch()
        first, *rest = words
        if first.rpartition("/")[2] == "aliyun-ops":
            assert_known(main, rest)
        elif first == "make":
            assert_made(rest)
        elif words[:3] == ["python", "-m", "emulator"]:
            assert_known(emulator_main, words[3:])
        else:
            assert first in OTHERS, f"{page}: {first} is no program that the documents use"


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: str(page.relative_to(ROOT)))
def test_both_languages_show_the_same(page: Path) -> None:
    """Who reads Chinese is told to type the same, and each page leads to the other."""
    english = page.with_name(page.name.replace(".zh-CN", ""))

    assert commands_of(page) == commands_of(english)
    assert f"[English]({english.name})" in page.read_text("utf-8")
    assert f"[中文]({page.name})" in english.read_text("utf-8")
    # The runbook is made from texts, some of which name in words what the others name by its name.
    if english.name != "runbook.md":
        assert codes(page) == codes(english)


def codes(page: Path) -> set[str]:
    """Return names, settings and commands that a page has in its sentences and tables."""
    return set(
        _CODE.findall(
            re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        )
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_pages_and_headings_that_exist(page: Path) -> None:
    """Also from the page of one language into its own headings."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text("utf-8"))

    for name, heading in links:
        target = page.parent / name if name else page
        assert target.exists(), name
        if heading:
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert heading in map(anchor, headings), f"{name}#{heading}"


@pytest.mark.parametrize(
    "command",
    [
        "aliyun-ops no-such",
        "aliyun-ops rule plan --no-such",
        "aliyun-ops rule export --format xml",
        "aliyun-ops rule plan|no-such",
        "make no-such",
        "make demo NO_SUCH=1",
        "no-such-program",
    ],
)
def test_command_that_does_not_exist_is_noticed(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check itself can fail."""
    with pytest.raises((AssertionError, click.UsageError)):
        test_command_of_a_document_exists("a page", command, tmp_path, monkeypatch)
