"""The command line's frame: help, options, exit codes, what it imports; and the `config` commands."""

import errno
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from eventbridge.cloud import CloudError
from tests.unit.ops.conftest import made_receipt
from worker import __version__
from worker.cli import COMMANDS, main
from worker.cli.failures import ExpectedFailures, Failure, WrongUsage
from worker.cli.options import language_option
from worker.cli.output import confirm
from worker.core.errors import NoCredentials, NotConfigured, Permanent, Throttled, Transient
from worker.ops.patience import Patience, Unread
from worker.settings import SettingsError, example_yaml
from worker.settings.problems import Problem

ENVIRON = {
    "ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456",
    "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
    "ALIYUN_OPS_SIGNING_KEY": "0123456789abcdef" * 4,
    "ALIYUN_OPS_CONFIG": "",
}
# What costs time to import and is not needed to print a help text.
HEAVY = (
    "pydantic",
    "yaml",
    "rich",
    "mns",
    "alibabacloud_tea_openapi",
    "alibabacloud_ecs20140526",
    "starlette",
)


def run(*arguments: str, **environ: str) -> Result:
    """Run the program."""
    return CliRunner(env={**ENVIRON, **environ}).invoke(main, arguments, prog_name="aliyun-ops")


@pytest.fixture
def good(tmp_path: Path) -> str:
    """A configuration file that can be told by its owner."""
    file = tmp_path / "good.yaml"
    file.write_text("owner: good\n", encoding="utf-8")
    return str(file)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    """A configuration file with two mistakes."""
    file = tmp_path / "bad.yaml"
    file.write_text("queue:\n  lease: 60\nlog:\n  level: loud\n", encoding="utf-8")
    return str(file)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Walk all commands below a group."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize("path", [(), *commands(main)], ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    """Every command has a help text, and every option of it is explained."""
    result = run(*path, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: aliyun-ops")
    # An option without a text is followed by nothing on its line and no deeper line after it.
    assert not re.search(r"^  -\S.*[^.\]\s]\s*$\n(?!\s{4,})", result.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_summaries_are_sentences(name: str) -> None:
    """The list of commands is readable without importing any of them."""
    assert COMMANDS[name].summary.endswith(".")
    assert COMMANDS[name].summary in " ".join(run("--help").stdout.split())


def test_frame_imports_nothing_heavy() -> None:
    """The frame, its version and its list of commands cost click and nothing else."""
    code = f"import sys, worker.cli; print([name for name in {HEAVY!r} if name in sys.modules])"

    command = [sys.executable, "-c", code]
    result = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own code

    assert result.stdout == "[]\n"


def test_version() -> None:
    """The version is the package's."""
    assert run("--version").stdout == f"aliyun-ops, version {__version__}\n"


def test_config_may_stand_before_between_and_after(good: str) -> None:
    """--config means the same in every place, and the last one counts."""
    places = [
        ("--config", good, "config", "show"),
        ("config", "--config", good, "show"),
        ("config", "show", "--config", good),
        ("--config", "no.yaml", "config", "show", "--config", good),
    ]

    for place in places:
        assert yaml.safe_load(run(*place).stdout)["owner"] == "good"
    assert yaml.safe_load(run("config", "show", ALIYUN_OPS_CONFIG=good).stdout)["owner"] == "good"


def test_wrong_configuration_is_sentences_and_exit_code_2(bad: str) -> None:
    """Every problem is one line on stderr, without a traceback."""
    result = run("--config", bad, "config", "check")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "aliyun-ops: queue.lease: needs a unit (found 60); write 60s",
        "log.level: is not one of the choices (found 'loud'); write one of 'debug', 'info', 'warning' or 'error'",
    ]


def test_check_in_json_tells_problems_too(bad: str, good: str) -> None:
    """A program gets the verdict as data, in both cases."""
    no, yes = (
        run("config", "check", "--json", "--config", bad),
        run("config", "check", "--json", "--config", good),
    )

    assert (no.exit_code, yes.exit_code) == (2, 0)
    assert [each["path"] for each in json.loads(no.stdout)["problems"]] == [
        "queue.lease",
        "log.level",
    ]
    assert json.loads(yes.stdout) == {
        "ok": True,
        "file": good,
        "receives": {"limit": 200, "needed": 165, "delivery": 1, "hand_backs": 144, "crashes": 20},
        "signing_keys": 1,
    }


def test_check_tells_the_receives(good: str) -> None:
    """`check` prints the computed need of receives."""
    result = run("--config", good, "config", "check")

    assert result.exit_code == 0
    assert "covers the 165 receives that one recreation may need" in result.stdout


def test_show_shows_no_secret(good: str) -> None:
    """Neither form of `show` contains the signing key."""
    for form in ((), ("--json",)):
        result = run("--config", good, "config", "show", *form)

        assert result.exit_code == 0
        assert ENVIRON["ALIYUN_OPS_SIGNING_KEY"] not in result.output


def test_example_is_the_shipped_file() -> None:
    """A user without the repository gets its config.yaml."""
    assert run("config", "example").stdout == example_yaml()


@pytest.mark.parametrize(
    "arguments",
    [("no-such-command",), ("config", "no-such"), ("rule", "export", "--format", "xml")],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    """What the program does not know is wrong usage."""
    result = run(*arguments)

    assert result.exit_code == 2
    assert "Error: " in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Permanent("no permission; grant it"), 1),
        (SettingsError(Problem("a", "is wrong", "write b")), 2),
    ],
)
def test_expected_failures_have_exit_codes(error: Exception, code: int) -> None:
    """An expected failure is its sentence; the SDK's exceptions behind it are not shown."""
    group = failing(error)

    result = CliRunner().invoke(group, ["fail"])

    assert result.exit_code == code
    assert result.stderr == f"aliyun-ops: {error}\n"
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    ("arguments", "locale", "told"),
    [
        ((), "zh_CN.UTF-8", "未作任何更改"),
        (("--language", "zh"), "C.UTF-8", "未作任何更改"),
        (("--language", "en"), "zh_CN.UTF-8", "nothing was changed"),
    ],
)
def test_a_failure_is_told_in_the_language_of_the_command(
    arguments: tuple[str, ...], locale: str, told: str
) -> None:
    """As all else that the command prints; the wish wins over the locale."""

    @click.group(cls=ExpectedFailures)
    def group() -> None:
        pass

    @group.command()
    @language_option
    def fail(language: str | None) -> None:  # noqa: ARG001
        raise Permanent("nothing was changed")

    result = CliRunner(env={"LC_ALL": locale}).invoke(group, ["fail", *arguments])

    assert result.stderr == f"aliyun-ops: {told}\n"


UTF_8: Any = {"encoding": "utf-8", "errors": "replace"}


def printed_to(stdout: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a shell that redirects its stdout."""
    command = " ".join([sys.executable, "-m", "worker", *arguments, stdout])
    return subprocess.run(  # noqa: S602 - our own words
        command, shell=True, check=False, capture_output=True, timeout=60, **UTF_8
    )


@pytest.mark.parametrize("buffering", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    ("stdout", "told"),
    [(">/dev/full", "No space left on device"), (">&-", "it is closed")],
    ids=["full", "closed"],
)
@pytest.mark.parametrize("form", ["", "--json"])
def test_a_stdout_that_takes_nothing_is_a_sentence(
    made: Path, stdout: str, told: str, form: str, buffering: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a traceback nor silence and exit code 0, as a table or as data."""
    monkeypatch.setenv("PYTHONUNBUFFERED", buffering)

    result = printed_to(stdout, "receipt", str(made), form, "--language", "en")

    assert result.returncode == 1
    assert result.stderr == f"aliyun-ops: standard output cannot be written: {told}\n"


def test_without_stderr_only_the_exit_code_speaks(made: Path) -> None:
    """There is nowhere to put the sentence."""
    result = printed_to(">/dev/full 2>&-", "receipt", str(made))

    assert (result.returncode, result.stderr) == (1, "")


def test_who_prints_nothing_needs_no_stdout(made: Path, tmp_path: Path) -> None:
    """A service may be started without one."""
    page = tmp_path / "page.html"

    assert printed_to(">&-", "receipt", str(made), "--html", str(page)).returncode == 0
    assert page.is_file()


def test_another_refused_write_keeps_its_traceback() -> None:
    """A file that cannot be written is not stdout."""
    error = OSError(errno.ENOSPC, "No space left on device", "a.json")

    assert CliRunner().invoke(failing(error), ["fail"]).exception is error


def test_a_bug_keeps_its_traceback() -> None:
    """What nobody expected is not dressed up as a sentence."""
    result = CliRunner().invoke(failing(ZeroDivisionError("a bug")), ["fail"])

    assert isinstance(result.exception, ZeroDivisionError)


def failing(error: BaseException) -> click.Group:
    """Return a program whose command fails."""

    @click.group(cls=ExpectedFailures)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise error

    return group


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A receipt in a file."""
    path = tmp_path / "one.json"
    path.write_text(json.dumps(asdict(made_receipt())), encoding="utf-8")
    return path


def test_export_needs_no_cloud(good: str) -> None:
    """`rule export` prints the same data in both formats and calls nothing."""
    as_yaml = run("--config", good, "rule", "export")
    as_json = run("--config", good, "rule", "export", "--format", "json")

    assert yaml.safe_load(as_yaml.stdout) == json.loads(as_json.stdout)
    assert json.loads(as_json.stdout)["rule"]["description"].startswith("aliyun-ops owner=good:")


def test_export_for_other_tools_says_what_it_leaves_out(good: str) -> None:
    """A format that lacks words for something says so on stderr; stdout is the file alone."""
    terraform = run("--config", good, "rule", "export", "--format", "terraform")
    ros = run("--config", good, "rule", "export", "--format", "ros")

    assert 'resource "alicloud_event_bridge_rule" "interruptions" {' in terraform.stdout
    assert "aliyun-ops: rule.targets.errors_tolerance is left out: " in terraform.stderr
    assert "IsBase64Encode" not in terraform.stderr
    assert yaml.safe_load(ros.stdout)["ROSTemplateFormatVersion"] == "2015-09-01"
    assert ros.stderr == ""


def test_local_test_of_the_pattern_needs_no_cloud(good: str) -> None:
    """`rule test --local` judges the samples without credentials."""
    result = run("--config", good, "rule", "test", "--local")

    assert result.exit_code == 0
    assert "interruption\tyes\tyes\tnot asked" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "name"),
    [(("--html", "mine.html"), "mine.html"), (("--html",), "receipt-3f2a9c0d3f2a.html")],
)
def test_receipt_becomes_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], name: str
) -> None:
    """A receipt's file needs neither configuration nor cloud to become a page, in the asked language first."""
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(asdict(made_receipt())), encoding="utf-8")

    monkeypatch.chdir(tmp_path)

    result = run("receipt", str(kept), *arguments, "--language", "zh")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"{name}\n")
    assert '<html lang="zh-CN">' in (tmp_path / name).read_text("utf-8")


@pytest.mark.parametrize("arguments", [("--html",), ("some.json", "--html", "--json")])
def test_page_is_of_one_receipt(arguments: tuple[str, ...]) -> None:
    """Neither the list nor JSON becomes a page."""
    result = run("receipt", *arguments)

    assert result.exit_code == 2
    assert "--html" in result.stderr


def test_page_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A full disk or a wrong path is no traceback."""
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(asdict(made_receipt())), encoding="utf-8")

    result = run("receipt", str(kept), "--html", str(kept / "page.html"))

    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


def test_check_fails_where_the_worker_would_not_start(good: str) -> None:
    """A script that trusts the exit code deploys no worker that ends at once."""
    words = ("--config", good, "config", "check")
    told = run(*words, ALIYUN_OPS_SIGNING_KEY="")
    data = run(*words, "--json", ALIYUN_OPS_SIGNING_KEY="")

    assert (told.exit_code, data.exit_code) == (2, 2)
    assert "ALIYUN_OPS_SIGNING_KEY is not set: the worker would not start" in told.stderr
    assert "openssl rand -hex 32" in told.stderr
    assert json.loads(data.stdout)["ok"] is False
    assert json.loads(data.stdout)["problems"][0]["path"] == "ALIYUN_OPS_SIGNING_KEY"


@pytest.mark.parametrize("port", ["", "9000"], ids=["outside", "inside"])
def test_the_function_says_what_is_missing_before_it_listens(
    good: str, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the worker does; inside Function Compute the platform must get its port first."""
    heard: list[str] = []
    monkeypatch.setattr(
        "worker.adapters.invoke_http.serve", lambda *_, **__: heard.append("listens")
    )
    inside = bool(port)
    environ = {"FC_CUSTOM_LISTEN_PORT": port} if inside else {}
    words = ("--config", good, "function", "--port", "0")

    no_key = run(*words, ALIYUN_OPS_SIGNING_KEY="", **environ)
    no_account = run(*words, ALIBABA_CLOUD_ACCOUNT_ID="", **environ)

    assert [no_key.exit_code, no_account.exit_code] == ([0, 0] if inside else [2, 2])
    assert heard == (["listens"] * 2 if inside else [])
    assert inside or "ALIYUN_OPS_SIGNING_KEY is not set" in no_key.stderr
    assert inside or "account_id" in no_account.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("drill", "--instance", "web-01"), "aliyun-ops audit lists both"),
        (("receipt", "web-01"), "name the id, not the name"),
        (("receipt", "README.md"), "write ./README.md for a file"),
    ],
)
def test_who_gives_a_name_is_told_which_id_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    """And where it is to be found."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("", encoding="utf-8")
    (tmp_path / "config.yaml").write_text("receipts: {directory: kept}\n", encoding="utf-8")
    (tmp_path / "kept").mkdir()

    result = run("--config", "config.yaml", *arguments)

    assert result.exit_code != 0
    assert told in result.stderr


def test_an_interruption_before_the_program_is_loaded_is_no_traceback() -> None:
    """Who presses Ctrl-C at once sees what they see later."""
    code = (
        "import sys, runpy\n"
        "class Ctrl_C:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'worker.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Ctrl_C())\n"
        "from worker.__main__ import main\n"
        "main()"
    )
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )

    assert (result.returncode, result.stderr) == (1, "Aborted!\n")


def test_the_console_script_is_the_guarded_entry_point() -> None:
    """Both ways to start the program are one."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")

    assert 'aliyun-ops = "worker.__main__:main"' in text


CHINESE = {"LC_ALL": "zh_CN.UTF-8"}
ENGLISH_WORDS = re.compile(r"\b[a-z]{3,} [a-z]{2,}\b")


def test_check_is_told_in_chinese(good: str, bad: str) -> None:
    """What is good, what is missing and what is wrong."""
    fine = run("--config", good, "config", "check", **CHINESE)
    no_key = run("--config", good, "config", "check", ALIYUN_OPS_SIGNING_KEY="", **CHINESE)
    wrong = run("--config", bad, "config", "check", "--language", "zh")

    assert "配置可用" in fine.stdout
    assert "未设置 ALIYUN_OPS_SIGNING_KEY" in no_key.stderr
    assert wrong.stderr.splitlines() == [
        "aliyun-ops: queue.lease：缺少单位（当前为 60）；请写 60s",
        "log.level：不是可选值之一（当前为 'loud'）；请写 'debug', 'info', 'warning' 或 'error' 之一",
    ]
    for one in (fine, no_key):
        assert not ENGLISH_WORDS.search(
            one.output.replace("openssl rand -hex", "").replace("owner good", "")
        )


def test_the_test_of_the_pattern_is_told_in_chinese(good: str) -> None:
    """The names of the samples stay."""
    result = run("--config", good, "rule", "test", "--local", "--language", "zh")

    assert result.exit_code == 0
    assert "interruption\t是\t是\t未询问" in result.stdout


def test_list_of_receipts_for_a_program_names_what_is_left_out(tmp_path: Path) -> None:
    """On stderr: the data stay what they are."""
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    path = tmp_path / "config.yaml"
    path.write_text(
        "account_id: '1234567890123456'\nregion: cn-hangzhou\nreceipts:\n"
        f"  directory: {tmp_path}\n",
        encoding="utf-8",
    )

    result = run("--config", str(path), "receipt", "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    assert "broken.json is not JSON" in result.stderr


@pytest.mark.parametrize(
    ("error", "is_led"),
    [
        (Transient("DescribeImages got no answer (no answer in time)"), True),
        (CloudError("GetRule", kind="X", address="http://x", reason="no answer in time"), True),
        (CloudError("GetRule", kind="refused", code="NoPermission"), False),
        (NoCredentials("no credentials; set them"), False),
        (Throttled("DescribeImages is held back", retry_at=1.0), False),
        (Permanent("DescribeImages was refused"), False),
    ],
)
def test_failure_without_an_answer_leads_on(error: Exception, *, is_led: bool) -> None:
    """Who is woken by it knows no other command; a refusal says itself what mends it."""
    english = CliRunner().invoke(failing(error), ["fail"])
    chinese = CliRunner(env={"LC_ALL": "zh_CN.UTF-8"}).invoke(failing(error), ["fail"])

    assert ("; aliyun-ops doctor looks for the cause" in english.stderr) is is_led
    assert ("；可用 aliyun-ops doctor 查找原因" in chinese.stderr) is is_led


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (Transient("lost"), "; aliyun-ops doctor looks for the cause"),
        (Throttled("held back", retry_at=1.0), ""),
    ],
)
def test_what_could_not_be_read_has_changed_nothing(cause: Exception, told: str) -> None:
    """What a command reads it reads first: one sentence says what was lost and what comes next."""

    def patient() -> None:
        raise cause

    clock: Any = SimpleNamespace(now=lambda: 0.0, real_seconds=lambda seconds: seconds)
    with pytest.raises(Unread) as unread:
        Patience(clock, lambda _: None, tries=1).read(patient)

    english = CliRunner().invoke(failing(unread.value), ["fail"])
    chinese = CliRunner(env={"LC_ALL": "zh_CN.UTF-8"}).invoke(failing(unread.value), ["fail"])

    again = "nothing was changed; run the same command again"
    assert english.exit_code == 1
    assert english.stderr == f"aliyun-ops: {unread.value.sentence}; {again}{told}\n"
    assert "未作任何更改；请再次运行同一命令" in chinese.stderr


def test_missing_key_is_a_wrong_configuration() -> None:
    assert CliRunner().invoke(failing(NotConfigured("no key")), ["fail"]).exit_code == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_interruption_says_that_the_command_may_be_repeated(error: BaseException) -> None:
    """In the reader's language, and with no traceback."""
    english = CliRunner().invoke(failing(error), ["fail"])
    chinese = CliRunner(env={"LC_ALL": "zh_CN.UTF-8"}).invoke(failing(error), ["fail"])

    assert english.exit_code == 1
    assert english.stderr == "aliyun-ops: interrupted; the same command may be run again\n"
    assert chinese.stderr == "aliyun-ops: 已中断；可以再次运行同一命令\n"


def test_question_that_is_interrupted_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at the question has changed nothing, and that is said."""

    def interrupted(*_: object, **__: object) -> bool:
        raise click.Abort

    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("click.confirm", interrupted)

    with pytest.raises(Failure, match="nothing was changed"):
        confirm("Delete?", yes=False)


def test_question_without_a_stdin_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service may have none at all, and then nobody can answer either."""
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(WrongUsage, match="nobody can confirm here"):
        confirm("Delete?", yes=False)


def test_a_closed_stderr_ends_no_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tells of its work there has nowhere to tell it, and works all the same."""
    lines = ["account_id: '1234567890123456'", "region: cn-hangzhou", "endpoints:"]
    lines += [f"  {api}: http://127.0.0.1:9" for api in ("ecs", "mns")]
    (tmp_path / "config.yaml").write_text("\n".join(lines), encoding="utf-8")
    config = str(tmp_path / "config.yaml")
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.delenv(name, raising=False)

    result = printed_to("2>&-", "--config", config, "doctor", "--credentials", "--json")

    assert json.loads(result.stdout)["findings"][0]["code"] == "credentials_missing"


def test_a_locale_without_chinese_is_no_traceback(
    made: Path, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it cannot write is a question mark for a person; a program reads UTF-8."""
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)

    people = printed_to("", "--config", good, "config", "check", "--language", "zh")
    program = printed_to("", "receipt", str(made), "--json")

    assert "Traceback" not in people.stderr
    assert "??" in people.stdout
    assert json.loads(program.stdout) == json.loads(made.read_text("utf-8"))
