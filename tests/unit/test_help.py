"""Help in the language of who asks, whole sentences at every width, and no text without its Chinese."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from worker.cli import COMMANDS, main
from worker.cli.help_texts import HELP, WORDS
from worker.ops.line_ends import NOT_FIRST

# Words that stay: names of things, and what is typed as it stands.
NAMES = re.compile(
    r"[`'$][^`']*`?|\b(?:ALIBABA|ALIYUN|EMULATOR)\w+|Function Compute|Quota Center|Alibaba Cloud"
    r"|LEAST MOST|[\w-]*[.\[\]/:=|_-][\w.\[\]/:=|_-]*"
)


def tree(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Walk a command and all below it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from tree(below, (*path, name))


TREE = dict(tree(main))


def paragraphs(text: str | None) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text or "")):
        yield " ".join(paragraph.split())


def said(path: tuple[str, ...], command: click.Command) -> Iterator[str]:
    """Give every text that the help of a command shows."""
    yield from paragraphs(command.help)
    if len(path) > 1:
        yield command.get_short_help_str(10_000)
    for parameter in command.get_params(click.Context(command, info_name="x")):
        if isinstance(parameter, click.Option):
            yield " ".join((parameter.help or "").split())


def everything() -> set[str]:
    told = {text for path, command in TREE.items() for text in said(path, command)}
    return told | {command.summary for command in COMMANDS.values()}


def shown(*path: str, columns: int = 100, locale: str = "zh_CN.UTF-8") -> str:
    # The runner has a width of its own; click leaves two cells free.
    result = CliRunner(env={"LC_ALL": locale}).invoke(
        main, [*path, "--help"], prog_name="aliyun-ops", terminal_width=columns - 2
    )
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_text_of_a_help_has_its_chinese(path: tuple[str, ...]) -> None:
    """A new or changed text needs a row in worker/cli/help_texts.py."""
    missing = [text for text in said(path, TREE[path]) if text not in HELP]

    assert missing == []


def test_no_chinese_is_of_a_text_that_is_gone() -> None:
    """A text that was changed leaves no row behind."""
    assert sorted(set(HELP) - everything()) == []


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_no_english_is_left_in_a_chinese_help(path: tuple[str, ...]) -> None:
    """Headings, defaults and the kinds of values are read in Chinese, too; commands stay."""
    help_text, _, _ = shown(*path).partition("示例：")

    usage, _, rest = help_text.partition("\n")
    left = re.findall(r"\b[A-Za-z]{2,} [A-Za-z]{2,}\b", NAMES.sub("", rest))

    assert usage.startswith(" ".join(("用法：aliyun-ops", *path)))
    assert left == []
    assert not re.search(r"Usage|Options|Commands|Examples|default:|required", help_text)


@pytest.mark.parametrize("columns", [72, 80, 100])
@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_chinese_is_broken_where_a_line_may_end(path: tuple[str, ...], columns: int) -> None:
    """A Chinese character takes two cells, and no line begins with what closes."""
    help_text, _, _ = shown(*path, columns=columns).partition("示例：")

    for line in help_text.splitlines():
        # A list of words to choose from has no place to break.
        assert cell_len(line) <= columns or line.startswith("  --scenario ["), line
        words = line.strip()
        assert not words or words[0] == "." or words[0] not in NOT_FIRST, line


@pytest.mark.parametrize("locale", ["C.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize("columns", [52, 80, 100])
@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_no_summary_is_cut_and_no_default_is_broken(
    path: tuple[str, ...], columns: int, locale: str
) -> None:
    """Who lists the commands reads whole sentences, and copies whole values."""
    told = shown(*path, columns=columns, locale=locale)

    assert not re.search(r"\.\.\.$", told.partition("\n\n")[2], re.MULTILINE)
    if path == ("emulator",):
        assert "cn-hangzhou]" in told


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_a_summary_is_short(path: tuple[str, ...]) -> None:
    """A list is read at a glance."""
    if len(path) > 1:
        assert len(TREE[path].get_short_help_str(10_000).split()) <= 12


def test_the_language_of_the_command_counts_for_its_help() -> None:
    """The wish wins over the locale."""
    for locale, wish, begin in (("C", "zh", "用法："), ("zh_CN.UTF-8", "en", "Usage: ")):
        words = ("status", "--language", wish, "--help")
        result = CliRunner(env={"LC_ALL": locale}).invoke(main, words, prog_name="aliyun-ops")
        assert result.stdout.startswith(begin)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--wrong",), "没有选项 --wrong"),
        (("wrong",), "没有命令 wrong"),
        (("dlq",), "用法：aliyun-ops dlq"),
        (("dlq", "wrong"), "没有命令 wrong"),
        (("dlq", "lst"), "没有命令 lst；是否指 'list'？"),
        (("dlq", "show"), "缺少参数 ID"),
        (("drill",), "缺少选项 --instance"),
        (("demo", "--speed", "x"), "--speed 的值无效：'x' 不是有效的数"),
        (("demo", "--speed", "100"), "--speed 的值无效：100.0 不在 0.1<=x<=60 范围内"),
        (("demo", "--language", "fr"), "--language 的值无效：'fr' 不是 'en', 'zh' 之一"),
        (("demo", "--seed"), "选项 --seed 需要一个值"),
        (("status", "more"), "多余的参数：more"),
        (("dlq", "list", "--step", "x"), "'x' 不是步骤；可用的有 retain"),
        (("dlq", "list", "--older-than", "x"), "'x' 不是带单位的数；请写 15s、5m、7d 或 1h30m"),
    ],
)
def test_wrong_usage_is_told_in_chinese(arguments: tuple[str, ...], told: str) -> None:
    """Who reads the help in Chinese reads what was wrong in Chinese."""
    result = CliRunner(env={"LC_ALL": "zh_CN.UTF-8"}).invoke(
        main, arguments, prog_name="aliyun-ops"
    )

    assert result.exit_code == 2
    assert told in result.output
    assert not re.search(r"Usage|Error|Try|Invalid", result.output)


def test_the_texts_are_loaded_with_a_help_only() -> None:
    """A command that works, and a help in English, do not pay for them."""
    code = (
        "import sys; from worker.cli import main\n"
        "main(['demo', '--help'], standalone_mode=False)\n"
        "print([n for n in sys.modules if n == 'worker.cli.help_texts'])"
    )

    command = [sys.executable, "-c", code]
    result = subprocess.run(  # noqa: S603 - our own code
        command, check=True, capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"}
    )

    assert result.stdout.endswith("[]\n")


def test_every_word_of_the_frame_has_its_chinese() -> None:
    """Of the headings there is one of each."""
    assert {"Usage", "Options", "Commands", "Examples", "default", "required"} <= set(WORDS)


def test_a_duration_that_is_none_is_told_what_to_write() -> None:
    """As the configuration tells it."""
    result = CliRunner(env={"LC_ALL": "C"}).invoke(main, ["dlq", "list", "--older-than", "abc"])

    assert "'abc' is not a number with a unit; write 15s, 5m, 7d or 1h30m" in result.stderr
