"""What people see, as a browser shows it: the demo, the emulator's page and a receipt."""

import html
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools.check import ROOT, Check, Failed, program, run

# SCREENSHOTS=docs/images renews those in the documents.
TO = ROOT / os.environ.get("SCREENSHOTS", "build/screenshots")
# A blank page of this size is smaller.
BYTES_MIN = 15_000
_PAGE = """<!doctype html><meta charset="utf-8"><title>aliyun-ops demo</title>
<style>body{{margin:0;background:#14171c}}pre{{margin:0;padding:24px;color:#d7dce2;
font:14px/1.45 "Noto Sans Mono CJK SC",monospace}}</style><pre>{text}</pre>"""


def checks() -> Iterator[Check]:
    """Yield the two that take pictures."""
    yield Check("demo", "the demo and its receipt, in Chromium", _demo)
    yield Check("emulator", "the emulator's page, in Chromium", _emulator)


def _demo() -> str:
    chromium = _chromium()
    with tempfile.TemporaryDirectory() as directory:
        receipt, screen = Path(directory, "receipt.html"), Path(directory, "demo.html")
        said = run(
            sys.executable, "-m", "worker", "demo", "--speed", "15", "--language", "en", "--html", str(receipt),
            environ={"COLUMNS": "110"},
        )  # fmt: skip
        said = said.replace(f"{receipt}\n", "")
        screen.write_text(_PAGE.format(text=html.escape(said)), "utf-8")
        replacement = re.findall(r"exactly one replacement was launched: (\S+)", said)
        height = 48 + 21 * len(said.splitlines())
        _take(chromium, screen.as_uri(), "demo", ["Recovered and verified"], f"960,{height}")
        _take(chromium, receipt.as_uri(), "receipt", replacement, "1000,1400")
    return f"{_shown('demo')}, {_shown('receipt')}"


def _emulator() -> str:
    chromium = _chromium()
    readme = (ROOT / "emulator" / "README.md").read_text("utf-8")
    scenario = readme.split("## Scenario")[1].split("```yaml\n")[1].split("```")[0]
    with _emulator_with(scenario) as url:
        _take(chromium, url, "emulator", ["cn-hangzhou", "i-"], "1200,1000")
    return _shown("emulator")


@contextmanager
def _emulator_with(scenario: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "scenario.yaml")
        file.write_text(scenario, "utf-8")
        with subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "emulator", "--port", "0", "--scenario", str(file), "--json"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            try:
                assert process.stdout is not None
                yield _address(process.stdout.readline())
            finally:
                process.terminate()


def _address(line: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+", json.dumps(json.loads(line or "null")))
    if found is None:
        raise Failed("the emulator did not say where it listens")
    return found.group()


def _chromium() -> str:
    return program("chromium", "Debian: apt-get install chromium fonts-noto-cjk")


def _take(chromium: str, url: str, name: str, holds: list[str], size: str) -> None:
    TO.mkdir(parents=True, exist_ok=True)
    picture = TO / f"{name}.png"
    picture.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        common = (
            chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--force-color-profile=srgb", f"--user-data-dir={profile}", f"--window-size={size}", "--virtual-time-budget=4000",
        )  # fmt: skip
        page = run(*common, "--dump-dom", url)
        run(*common, f"--screenshot={picture}", url)
    missing = [text for text in holds if text not in page]
    if missing or not holds:
        raise Failed(f"{name}: the page does not show {missing or 'what it should'}")
    if not picture.exists() or picture.stat().st_size < BYTES_MIN:
        raise Failed(f"{name}: {picture} is blank")


def _shown(name: str) -> str:
    return str((TO / f"{name}.png").relative_to(ROOT))
