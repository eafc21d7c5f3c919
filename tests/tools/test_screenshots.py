"""What people see, as a browser shows it: the demo, a receipt and the emulator's page."""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools.test_infrastructure import ROOT, said_by

# SCREENSHOTS=docs/images renews those in the documents, at a pace at which a busy machine distorts no time.
TO = ROOT / os.environ.get("SCREENSHOTS", "build/screenshots")
SPEED = "4" if "SCREENSHOTS" in os.environ else "15"
FONT_PX, LINE_SHARE = 14, 1.45
# A blank page of this size is smaller.
BYTES_MIN = 15_000
Tool = Callable[[str], str]
_PAGE = """<!doctype html><meta charset="utf-8"><title>aliyun-ops demo</title>
<style>body{{margin:0;background:#14171c}}pre{{margin:0;padding:24px;color:#d7dce2;
font:{font}px/{line} "Noto Sans Mono CJK SC",monospace}}</style><pre>{text}</pre>"""


def test_demo_and_receipt_look_well(tool: Tool, tmp_path: Path) -> None:
    """The demo's own words, and the page that it keeps."""
    receipt, screen = tmp_path / "receipt.html", tmp_path / "demo.html"
    command = (sys.executable, "-m", "worker", "demo", "--speed", SPEED, "--language", "en")
    said = said_by(*command, "--html", str(receipt), COLUMNS="110").replace(f"{receipt}\n", "")
    screen.write_text(_PAGE.format(text=html.escape(said), font=FONT_PX, line=LINE_SHARE), "utf-8")
    (replacement,) = re.findall(r"exactly one replacement was launched: (\S+)", said)
    height = 48 + round(FONT_PX * LINE_SHARE * len(said.splitlines()))

    chromium = tool("chromium")
    assert "Recovered and verified" in shown(chromium, screen.as_uri(), "demo", f"960,{height}")
    assert replacement in shown(chromium, receipt.as_uri(), "receipt", "1000,1400")


def test_page_of_the_emulator_looks_well(tool: Tool, tmp_path: Path) -> None:
    """With the scenario that its README shows."""
    readme = (ROOT / "emulator" / "README.md").read_text("utf-8")
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        readme.split("## Scenario")[1].split("```yaml\n")[1].split("```")[0], "utf-8"
    )

    with emulator_with(scenario) as url:
        page = shown(tool("chromium"), url, "emulator", "1200,1000")

    assert re.search(r"\bi-[a-z0-9]{20}", page)


@contextmanager
def emulator_with(scenario: Path) -> Iterator[str]:
    """Run an emulator and give its address."""
    command = (
        sys.executable,
        "-m",
        "emulator",
        "--port",
        "0",
        "--scenario",
        str(scenario),
        "--json",
    )
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            (address,) = json.loads(process.stdout.readline())["endpoints"].values()
            yield address
        finally:
            process.terminate()


def shown(chromium: str, url: str, name: str, size: str) -> str:
    """Take a picture and return the page's elements as they are after its scripts."""
    TO.mkdir(parents=True, exist_ok=True)
    picture = TO / f"{name}.png"
    picture.unlink(missing_ok=True)
    common = (
        chromium,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--force-color-profile=srgb",
        f"--window-size={size}",
        "--virtual-time-budget=4000",
    )
    said_by(*common, f"--screenshot={picture}", url)
    assert picture.stat().st_size > BYTES_MIN, f"{picture} is blank"
    return said_by(*common, "--dump-dom", url)
