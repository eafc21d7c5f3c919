"""The runbook has a section for every word that the program uses, and for no other; its pages are current."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

import worker
from tests.unit.eventbridge.terraform_files import Module
from tests.unit.eventbridge.test_infrastructure import (
    shipped_module,
    shipped_template,
    terraform_module,
)
from worker.adapters import error_map
from worker.core import messages
from worker.core.auditing import Loss as AuditLoss
from worker.core.auditing import Survival, Why
from worker.core.dead_letters import Origin
from worker.core.diagnosis import Code
from worker.core.leftovers import Reason
from worker.core.notices import Kind
from worker.core.outcomes import Park
from worker.core.progress import Mootness
from worker.core.receipt import RECOVERED, UNFINISHED
from worker.ops import status
from worker.ops.doctor_texts import Text
from worker.ops.recreations import Stage
from worker.ops.runbook import SECTIONS, alarms, findings, guide, parked, receipts, tools
from worker.ops.runbook.alarms import ALARMS, CLOUD_ALARMS
from worker.ops.runbook.files import PAGES, anchor, files, main
from worker.ops.texts import TEXTS
from worker.ops.wording import Language, Wording
from worker.settings.reference import known_paths
from worker.settings.sections import Clone
from worker.steps import cleanup, quiesce, spec
from worker.steps.handover import health, lookup

ROOT = Path(worker.__file__).parents[1]
ENGLISH, CHINESE = files()[PAGES[Language.ENGLISH]], files()[PAGES[Language.CHINESE]]
BOTH = pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=["en", "zh"])

# -- the pages -------------------------------------------------------------------------------------


def test_the_pages_are_what_the_tables_say() -> None:
    """`make runbook` writes them."""
    written = {name: (ROOT / "docs" / name).read_text("utf-8") for name in PAGES.values()}

    assert written == files(), "make runbook renews them"


def test_they_are_written_where_one_says(tmp_path: Path) -> None:
    main(str(tmp_path))

    assert {path.name for path in tmp_path.iterdir()} == set(PAGES.values())


@BOTH
def test_every_link_within_a_page_leads_to_one_heading(page: str) -> None:
    """As GitHub makes anchors: of two equal headings the second would get a number."""
    anchors = anchors_of(page)
    links = set(re.findall(r"\]\(#([^)]+)\)", page))

    assert len(anchors) == len(set(anchors))
    assert len(links) > 15
    assert links <= set(anchors)


@BOTH
def test_every_link_to_a_file_leads_to_one(page: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", page)

    assert targets
    assert [one for one in targets if not (ROOT / "docs" / one).exists()] == []


@BOTH
def test_every_row_has_the_cells_of_its_head(page: str) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        counts = {line.replace("\\|", "").count("|") for line in table.splitlines()}
        assert len(counts) == 1, table


def test_bold_ends_where_it_should() -> None:
    """Markdown does not end it between punctuation and a letter, and Chinese has no blank there."""
    assert "**" in CHINESE
    assert re.findall(r"[，。：；、）”]\*\*[^\s，。：；、（“]", CHINESE) == []


@BOTH
def test_what_to_do_first_is_on_one_screen(page: str) -> None:
    """The decision table ends before the first section."""
    beginning = page[: page.index("\n## ")]

    assert len(beginning.splitlines()) <= 40
    assert beginning.count("](#") == len(guide.SIGHTS)


def test_both_languages_have_the_same_sections_and_commands() -> None:
    """Who reads Chinese is told to type the same, in the same order."""
    assert commands(ENGLISH) == commands(CHINESE)
    assert len(commands(ENGLISH)) > 100
    assert codes(ENGLISH) == codes(CHINESE)


@BOTH
def test_every_setting_that_is_named_exists(page: str) -> None:
    sections = {path.partition(".")[0] for path in known_paths()}
    named = {
        one
        for one in re.findall(r"`([a-z_]+\.[a-z_]+)(?:: [^`]+)?`", page)
        if one.partition(".")[0] in sections and one != "config.yaml"
    }

    assert len(named) > 10
    assert named - set(known_paths()) == set()


def anchors_of(page: str) -> list[str]:
    return [anchor(one) for one in re.findall(r"^#+ (.+)$", page, re.MULTILINE)]


def codes(page: str) -> list[str]:
    return re.findall(r"^### `(.+)`$", page, re.MULTILINE)


def commands(page: str) -> list[str]:
    found = re.findall(r"`((?:aliyun|aliyun-ops|systemctl|journalctl|mount|pip) [^`]+)`", page)
    return sorted(found)


# -- completeness ----------------------------------------------------------------------------------


def kinds_of_messages() -> set[str]:
    """Find the kinds that `status` gives to messages."""
    tree = ast.parse(Path(status.__file__).read_text("utf-8"))
    return {
        tuple_.elts[0].value
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name in {"_meaning", "_bare"}
        for answer in ast.walk(function)
        if isinstance(answer, ast.Return)
        for tuple_ in ast.walk(answer)
        if isinstance(tuple_, ast.Tuple)
        if isinstance(tuple_.elts[0], ast.Constant) and isinstance(tuple_.elts[0].value, str)
    }


def words_of(prefix: str) -> set[str]:
    return {key.removeprefix(f"{prefix}.") for key in TEXTS if key.startswith(f"{prefix}.")}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        pytest.param(parked.PARKED, Park, id="reasons for parking"),
        pytest.param(
            parked.UNPARKED,
            {one.value for one in Origin if one is not Origin.PARKED},
            id="other dead letters",
        ),
        pytest.param(findings.MEANWHILE, Code, id="findings of doctor"),
        pytest.param(
            receipts.OUTCOMES,
            {RECOVERED, UNFINISHED, *(one.value for one in Mootness)},
            id="outcomes",
        ),
        pytest.param(
            receipts.DEGRADED,
            get_args(get_args(Clone.model_fields["fallbacks"].annotation)[0]),
            id="what is degraded",
        ),
        pytest.param(receipts.CHANGED, words_of("why") & words_of("field"), id="what changes"),
        pytest.param(tools.NOTICES, Kind, id="notifications"),
        pytest.param(tools.STAGES, Stage, id="stages"),
        pytest.param(tools.MESSAGES, kinds_of_messages(), id="messages"),
        pytest.param(tools.SWEEP, Reason, id="reasons of sweep"),
        pytest.param(tools.FATES, words_of("fate"), id="fates"),
        pytest.param(tools.SURVIVAL, Survival, id="survival"),
        pytest.param(tools.WHYS, Why, id="why it survives"),
        pytest.param(tools.LOST, AuditLoss, id="what would be lost"),
    ],
)
def test_every_word_has_an_entry_and_every_entry_a_word(
    table: Collection[object], words: Collection[object]
) -> None:
    """A new word of the program needs a line in `worker/ops/runbook`."""
    assert set(words)
    assert set(table) == set(words)


@BOTH
def test_every_code_has_its_section(page: str) -> None:
    """Also those that other tables only name: a reason for parking, a finding, an alarm."""
    wanted = SECTIONS | {one.value for one in Code} | set(ALARMS) | {"quarantined"}

    assert wanted == set(codes(page))


# -- remarks ---------------------------------------------------------------------------------------


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Find the calls of a function or a method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if name == (getattr(called, "attr", "") or getattr(called, "id", "")):
                yield node


def words(node: ast.expr) -> list[str]:
    """Return what an expression says, with 7 where it fills something in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = (str(p.value) if isinstance(p, ast.Constant) else "7" for p in node.values)
        return ["".join(parts)]
    if isinstance(node, ast.IfExp):
        return [*words(node.body), *words(node.orelse)]
    return []


def said_in(file: str) -> tuple[set[str], set[str]]:
    """Return what a file says in its remarks, and the words that it yields."""
    tree = ast.parse((ROOT / "worker" / file).read_text("utf-8"))
    yields = (node.value for node in ast.walk(tree) if isinstance(node, ast.Yield) and node.value)
    return (
        {said for one in calls(tree, "Remark") for said in words(one.args[0])},
        {said for one in yields for said in words(one)},
    )


LOST_ANYWHERE, LOST_WITH_THE_CANDIDATE = said_in("core/losses.py")
# What is said at a place whose words do not stand there: (file, expression) and what it can be.
SAID_ELSEWHERE = {
    ("steps/cleanup.py", "action"): [
        value
        for name, value in vars(cleanup).items()
        if name.startswith(("DATE_", "RESTORE_")) and isinstance(value, str)
    ],
    ("steps/handover/lookup.py", "kind"): [lookup.EIP, lookup.INTERFACES, lookup.MEMBERS],
    ("steps/handover/lookup.py", "missing[0]"): [lookup.EIP, lookup.INTERFACES, lookup.MEMBERS],
    ("steps/handover/lookup.py", "MEMBERS"): [lookup.MEMBERS],
    ("steps/handover/lookup.py", "what"): ["tags on network interface 7"],
    ("steps/handover/lookup.py", "handing.member_name(one)"): ["member of 7", "member of 7 port 7"],
    ("ops/drill.py", "handing.member_name(one)"): ["member of 7", "member of 7 port 7"],
    ("steps/handover/health.py", "WHAT"): [health.WHAT],
    ("steps/quiesce.py", "WHAT"): [quiesce.WHAT],
    ("steps/spec.py", "USER_DATA"): [spec.USER_DATA],
    ("steps/spec.py", "CONFIGURATION"): [spec.CONFIGURATION],
    ("steps/retain.py", "CONFIGURATION"): [spec.CONFIGURATION],
    ("core/messages.py", "name"): [name for name, _ in messages._LEAVE_OUT],
    ("core/launching.py", "parameter"): sorted(
        {meant.parameter for *_, meant in error_map._rows(error_map._GROUPS) if meant.parameter}
        | {name for name, _ in error_map._OPTIONAL_WORDS}
        | LOST_WITH_THE_CANDIDATE
    ),
    ("steps/spec.py", "one.what"): sorted(LOST_ANYWHERE),
}
# A thing of the handover has a name, made in this file.
NAMED_THINGS = ("core/handing.py", "thing.name")


def remarked() -> Iterator[tuple[str, ast.expr]]:
    """Find every place that makes a remark: file and what it says."""
    for path in sorted((ROOT / "worker").rglob("*.py")):
        for call in calls(ast.parse(path.read_text("utf-8")), "remarked"):
            yield path.relative_to(ROOT / "worker").as_posix(), call.args[0]


def made(node: ast.expr, function: ast.FunctionDef, tree: ast.Module) -> list[str]:
    """Return what an expression says that names a variable, or a function of the same file."""
    if isinstance(node, ast.Name):
        assigned = [one for one in ast.walk(function) if isinstance(one, ast.Assign)]
        found = [one.value for one in assigned if ast.unparse(one.targets[0]) == node.id]
        return [said for one in found for said in made(one, function, tree)]
    if isinstance(node, ast.Call):
        called = [one for one in functions(tree) if one.name == ast.unparse(node.func)]
        answers = [(one, each) for one in called for each in ast.walk(one)]
        return [
            said
            for one, each in answers
            if isinstance(each, ast.Return) and each.value is not None
            for said in made(each.value, one, tree)
        ]
    return words(node)


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]


def names_of_things() -> list[str]:
    """Return the names of all that can be handed over: the second argument of each `Thing`."""
    tree = ast.parse((ROOT / "worker" / NAMED_THINGS[0]).read_text("utf-8"))
    found: list[str] = []
    for function in functions(tree):
        for call in calls(function, "Thing"):
            said = made(call.args[1], function, tree)
            assert said, f"nobody knows what {ast.unparse(call)} is called"
            found += said
    return found


def sayings() -> dict[str, list[str]]:
    """Return what each place can say; empty where nobody knows."""
    said: dict[str, list[str]] = {}
    for file, node in remarked():
        place = (file, ast.unparse(node))
        known = names_of_things() if place == NAMED_THINGS else SAID_ELSEWHERE.get(place, [])
        said[f"{file}: {place[1]}"] = words(node) or known
    return said


def test_it_is_known_what_every_remark_can_be() -> None:
    """A remark whose words are made elsewhere needs a line in `SAID_ELSEWHERE`, and no line is idle."""
    places = {(file, ast.unparse(node)) for file, node in remarked()}

    assert len(places) > 20
    assert [place for place, said in sayings().items() if not said] == []
    assert {NAMED_THINGS, *SAID_ELSEWHERE} <= places
    assert len(names_of_things()) >= 5


def test_every_remark_has_one_entry_and_every_entry_a_remark() -> None:
    """A receipt says nothing about which the runbook is silent."""
    said = {one for each in sayings().values() for one in each}
    fitting = {
        one: [loss.pattern for loss in receipts.LOSSES if re.fullmatch(loss.pattern, one)]
        for one in said
    }

    assert {one: found for one, found in fitting.items() if len(found) != 1} == {}
    assert {loss.pattern for loss in receipts.LOSSES} == {p for f in fitting.values() for p in f}


# -- alarms ----------------------------------------------------------------------------------------


def alarms_in(directory: Path) -> dict[str, str]:
    """Return the alarms of every file with rules for Prometheus, and where each sends a person."""
    groups = [
        group
        for path in sorted(directory.rglob("*.y*ml"))
        for document in yaml.safe_load_all(path.read_text("utf-8"))
        if isinstance(document, dict)
        for group in document.get("groups") or ()
    ]
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    return {one["alert"]: one.get("annotations", {}).get("runbook_url", "") for one in rules}


def test_alarms_of_the_rule_files_are_those_of_the_runbook() -> None:
    """Each alarm names its section, and no section is about another."""
    sections = {one: f"docs/{PAGES[Language.ENGLISH]}#{anchor(one)}" for one in ALARMS}

    assert alarms_in(ROOT / "deploy") == sections


def cloud_alarms(module: Module, template: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the names of all alarms of CloudMonitor, by the kind of their resource."""
    found: dict[str, set[str]] = {}
    for kind in {kind for kind, _ in module.kinds() if kind.startswith("alicloud_cms_")}:
        found[kind] = {one.get("name", "") for one in module.resources(kind).values()}
    for one in template["Resources"].values():
        if one["Type"].startswith("ALIYUN::CMS::"):
            found.setdefault(one["Type"], set()).add(one["Properties"].get("RuleName", ""))
    return found


def test_alarms_of_terraform_and_ros_are_those_of_the_runbook() -> None:
    """Whoever is woken by one finds its name on the page, and from there its section."""
    names = set(CLOUD_ALARMS)

    assert cloud_alarms(shipped_module(), shipped_template()) == {
        "alicloud_cms_alarm": names,
        "ALIYUN::CMS::ResourceMetricRule": names,
    }
    for page in (ENGLISH, CHINESE):
        for name, section in CLOUD_ALARMS.items():
            assert f"| `{name}` | [{section}](#{anchor(section)}) |" in page
            assert section in codes(page)


def test_an_alarm_of_another_kind_would_be_noticed() -> None:
    """Also one of a resource that nobody has used so far."""
    module = terraform_module('resource "alicloud_cms_event_rule" "x" {\n  name = "n"\n}\n')
    group = {"Type": "ALIYUN::CMS::GroupMetricRule", "Properties": {"RuleName": "g"}}

    assert cloud_alarms(module, {"Resources": {"A": group}}) == {
        "alicloud_cms_event_rule": {"n"},
        "ALIYUN::CMS::GroupMetricRule": {"g"},
    }


def test_an_alarm_without_a_section_would_be_noticed(tmp_path: Path) -> None:
    """The check reads rule files as Prometheus has them, and nothing else."""
    (tmp_path / "alerts.yaml").write_text(
        "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up}\n  - {record: r, expr: up}\n"
    )
    (tmp_path / "alerts.test.yaml").write_text("rule_files: [alerts.yaml]\ntests: []\n")

    assert alarms_in(tmp_path) == {"A": ""}


# -- the texts -------------------------------------------------------------------------------------


def texts() -> Iterator[Text]:
    """Yield every text of the tables."""
    waiting: list[object] = [
        vars(module) for module in (alarms, findings, guide, parked, receipts, tools)
    ]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Text):
            yield one
        elif isinstance(one, dict):
            waiting += [value for key, value in one.items() if not str(key).startswith("__")]
            waiting += [key for key in one if isinstance(key, Text)]
        elif isinstance(one, tuple):
            waiting += one
        elif hasattr(one, "__slots__") and not isinstance(one, type):
            waiting += [getattr(one, name) for name in one.__slots__]


def test_every_text_has_both_languages() -> None:
    """English without Chinese letters, Chinese with some, unless it is a word of the program."""
    found = list(texts())
    chinese = re.compile(r"[\u4e00-\u9fff]")

    assert len(found) > 300
    for text in found:
        bare = text.english.replace("[中文](runbook.zh-CN.md)", "")
        assert text.english
        assert not chinese.search(bare)
        assert chinese.search(text.chinese) or text.chinese.rstrip("。") == text.english.rstrip(".")


def test_a_dead_letter_names_its_section() -> None:
    """What `status` and `dlq` say under the advice is a page and an anchor of it."""
    for language, page in ((Language.ENGLISH, ENGLISH), (Language.CHINESE, CHINESE)):
        for section in SECTIONS:
            said = Wording(language)("runbook", section=section)
            where = f"docs/{PAGES[language]}#"
            assert where in said
            assert said.partition(where)[2] in anchors_of(page)


@pytest.mark.parametrize("park", [Park.ONE_TOO_MANY, Park.REPLACED_BEFORE, Park.UNREADABLE])
def test_what_discard_leaves_is_deleted_in_the_console(park: Park) -> None:
    """It takes what the cloud shows to be recreated, and a person's decision shows nowhere."""
    for step in parked.PARKED[park].now:
        assert "dlq discard" not in step.english.replace("`dlq discard` takes", "")
    assert any("SMQ console" in step.english for step in parked.PARKED[park].now)
    assert any("SMQ 控制台" in step.chinese for step in parked.PARKED[park].now)
