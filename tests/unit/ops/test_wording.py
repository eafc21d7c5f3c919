"""Every text exists in both languages, and every sentence of the steps reads in Chinese."""

import ast
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

import eventbridge.plan
import worker.cli
import worker.steps
from worker.adapters import error_map, lost
from worker.adapters.credentials import KEY_ID, ChainProvider, EnvironmentProvider, Provider
from worker.bootstrap import build_clock
from worker.core import boots, handing, launching, losses, receipt
from worker.core.errors import NoCredentials, RecreationError
from worker.core.outcomes import Park
from worker.ops.texts import TEXTS
from worker.ops.wording import Language, Wording, language_of
from worker.printable import printable
from worker.settings import Settings
from worker.settings.sections import Clock
from worker.steps.handover import NO_HEIR

CHINESE = Wording(Language.CHINESE)
STEPS = Path(worker.steps.__file__).parent
SPEAKERS = (*sorted(STEPS.rglob("*.py")), STEPS.parent / "engine.py")
# Where a step says something: the call's name, and which argument is the sentence.
SPOKEN = {"Wait": 2, "Moot": 2, "Parking": 1, "Parked": 2, "Left": 0, "RefusedForNow": 0}
SPOKEN |= {"descend": 2}
COMMANDS = sorted(Path(worker.cli.__file__).parent.glob("*.py"))
# Commands that a sentence names stay as they are typed.
COMMAND = re.compile(r"aliyun-ops [a-z]+|openssl rand -hex 32")
FAILED = {"Failure": 0, "WrongUsage": 0}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_speak_of_the_same(key: str) -> None:
    """A translation neither loses a value nor asks for another one."""
    english, chinese = TEXTS[key]

    assert english
    assert chinese
    assert fields(english) == fields(chinese)


FOR_ONE = sorted(one for one in TEXTS if one.endswith(".one") and one[:-4] in TEXTS)
# Said of at least two, or of none.
NEVER_ONE = {"dlq.ambiguous", "status.seen_all", "demo.copies", "verdict.not_one", "notice.merged"}


@pytest.mark.parametrize("key", sorted(set(TEXTS) - NEVER_ONE))
def test_no_english_text_says_one_things(key: str) -> None:
    """What counts in the plural has a text for one of it, or has its number behind a colon."""
    if re.search(r"\{(number|all)\} (?!of ours)(\w+ )*?(\w{2,}s\b|belong|need\b)", TEXTS[key][0]):
        assert f"{key}.one" in TEXTS


@pytest.mark.parametrize("key", FOR_ONE)
def test_what_has_a_text_for_one_has_it_for_many(key: str) -> None:
    """Both are asked for by the same name, and take the same values."""
    english, chinese = TEXTS[key.removesuffix(".one")]

    assert fields(english) == fields(TEXTS[key][0]) | {"number"}
    assert fields(chinese) == fields(TEXTS[key][1]) | {"number"}


def test_one_is_told_as_one() -> None:
    """And two are told as before."""
    assert Wording()("status.snapshots", number=1) == "1 snapshot"
    assert Wording()("status.snapshots", number=2) == "2 snapshots"
    assert CHINESE("status.snapshots", number=1) == "1 个快照"


def sentences(speakers: Sequence[Path], said: Mapping[str, int]) -> Iterator[str]:
    """Find what is said there, with 7 where something is filled in."""
    for path in speakers:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                at = said.get(node.func.id)
                if at is not None and len(node.args) > at:
                    # What only joins other sentences says nothing itself.
                    yield from (one for one in spoken(node.args[at]) if re.search("[a-z]", one))


def spoken(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(p.value) if isinstance(p, ast.Constant) else "7" for p in node.values)


@pytest.mark.parametrize("sentence", sorted(set(sentences(SPEAKERS, SPOKEN))))
def test_what_steps_say_reads_in_chinese(sentence: str) -> None:
    """A new sentence of a step needs a row in worker/ops/sentences.py."""
    assert CHINESE.sentence(sentence) != sentence


@pytest.mark.parametrize("sentence", sorted(set(sentences(COMMANDS, FAILED))))
def test_what_a_failed_command_says_reads_in_chinese(sentence: str) -> None:
    """A new sentence of a command needs a row in worker/ops/failure_sentences.py."""
    told = COMMAND.sub("", CHINESE.sentence(sentence))
    assert re.findall(r"\b[a-z]{3,} [a-z]{2,}\b", told.replace("g7.large or", "")) == []


# What reads a message or a capture, and what asks the cloud for a list; each may stand in a line of `dlq`.
READERS = [
    STEPS.parent / name
    for name in (
        "consumer.py",
        "adapters/captures.py",
        "adapters/ecs/endpoint.py",
        "core/capture.py",
        "core/events.py",
        "core/messages.py",
        "core/progress.py",
        "core/strict_json.py",
    )
]
READ = {"Malformed": 0, "Nothing": 0, "Unreadable": 1, "Permanent": 0, "Transient": 0}
READ |= {"Throttled": 0, "Ignored": 0}


@pytest.mark.parametrize("sentence", sorted(set(sentences(READERS, READ))))
def test_what_is_said_of_what_was_read_reads_in_chinese(sentence: str) -> None:
    """Why a message cannot be read is what its list, its story and its notification say."""
    told = CHINESE.sentence(sentence)
    assert re.findall(r"\b[a-z]{3,} [a-z]{2,}\b", told) == []


def test_a_sentence_that_nobody_knows_keeps_its_punctuation() -> None:
    """Half of one language in the other's is harder to read than either."""
    assert CHINESE.sentence("a is not set; write b") == "a is not set; write b"
    assert CHINESE.sentence("nothing was changed; write b") == "未作任何更改；write b"


@pytest.mark.parametrize(
    "sentence",
    [
        "the replacement is in another zone",
        "the replacement is not set up to serve",
        "something else has it by now",
        "i-bp1other has it by now",
        boots.LOST_DISK,
        boots.UNDATED_DISK,
        boots.TAKEN_DISK,
        boots.RELEASED_DISK,
        handing.old_pair("rsp-2"),
        handing.spare_pair("rsp-2"),
        "server group rsp-1",
        "disk d-bp1 of /dev/xvdb",
        NO_HEIR,
        "hop limit of 3 of the metadata",
        "release at 2027-01-01T00:00:00Z",
        "secondary addresses 172.16.0.8, 172.16.0.9",
        "source and destination check of the primary interface",
        "name of the primary interface",
        "description of the primary interface",
        "storage set of /dev/xvdb",
        "automatic snapshots of /dev/xvdb being off",
        "automatic snapshots outliving /dev/xvdb",
        launching.BOTH_RUN,
        receipt.DROPPED,
        losses.NOT_ASKED,
        losses.NOT_CONFIGURED,
        losses.WOULD_END,
        losses.STILL_HELD,
        losses.ONE_SET,
        losses.OF_TYPE,
        losses.OF_ZONE,
        losses.OTHER_SUBNET,
        "what had not arrived went on to i-bp1heir, because this one was reclaimed before",
        "ecs.g7.large in cn-hangzhou-h (spot), 2 of 30, epoch 1: the source's type in another zone",
        (
            "instance i-bp1 was released before it could be imaged; its configuration was recorded"
            " at 2026-11-27T00:00:00Z, and what is left is: d-bp1, d-bp2; no rescue: disk d-bp1 is"
            " in use elsewhere"
        ),
    ],
)
def test_no_english_is_left_in_a_remark(sentence: str) -> None:
    """A pattern for something shorter must not take the sentence and leave half of it."""
    assert re.findall(r"\b[a-z]{3,} [a-z]{2,}\b", CHINESE.sentence(sentence)) == []


@pytest.mark.parametrize("park", list(Park))
def test_advice_reads_in_chinese(park: Park) -> None:
    """Who must act is told so in their language."""
    assert CHINESE.sentence(park.advice) != park.advice


def test_unknown_sentence_is_shown_as_it_came() -> None:
    """A fact in another language is better than none."""
    assert CHINESE.sentence("something new happened") == "something new happened"


def test_values_of_a_sentence_are_kept() -> None:
    """The figures of a sentence survive its translation."""
    assert CHINESE.sentence("the image is at 43 %") == "镜像进度 43 %"


@pytest.mark.parametrize(
    ("environ", "wanted", "language"),
    [
        ({}, None, Language.ENGLISH),
        ({"LANG": "zh_CN.UTF-8"}, None, Language.CHINESE),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, None, Language.ENGLISH),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_US"}, None, Language.CHINESE),
        ({"LANG": "zh_CN.UTF-8"}, "en", Language.ENGLISH),
        ({}, "zh", Language.CHINESE),
    ],
)
def test_language_follows_wish_then_environment(
    environ: dict[str, str], wanted: str | None, language: Language
) -> None:
    """The option wins over the locale, and the locale's variables rank as POSIX says."""
    assert language_of(environ, wanted) is language


def test_chinese_is_printable_and_control_characters_are_not() -> None:
    """Only what could steer a terminal is escaped."""
    assert printable("订单服务-01") == "订单服务-01"
    assert printable("a\x1bb\n") == "a\\x1bb\\n"


SET_UP = sorted(Path(eventbridge.plan.__file__).parent.glob("*.py"))


def set_up_sentences() -> Iterator[str]:
    """Find what a plan, its changes and its refusals say, with 7 where something is filled in."""
    for path in SET_UP:
        if path.stem not in {"plan", "changes", "apply"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                text = next(spoken(node))
                # The beginning of a word is no sentence: an ending that another one takes in.
                if re.search(r"\b[a-z]{3,} [a-z]{2,}\b", text) and text[0] != ",":
                    yield text


@pytest.mark.parametrize("sentence", sorted(set(set_up_sentences())))
def test_what_the_set_up_says_reads_in_chinese(sentence: str) -> None:
    """A new sentence of a plan needs a row in worker/ops/rule_sentences.py."""
    # Where an ending or a purpose is filled in, one that there is.
    for spare, filled in (("create the 7 77", "create the queue 7"), ("the 7 7", "the queue 7")):
        sentence = sentence.replace(spare, filled)
    told = CHINESE.sentence(re.sub(r"^(delete the queue 7)7$", r"\1", sentence))

    assert re.findall(r"\b[a-z]{3,} [a-z]{2,}\b", told.replace("rule destroy", "")) == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("the source is CreateFailed", "源实例状态：制作失败"),
        (
            "visibility seconds 30 -> 60, dead letters off -> to q after 200",
            "不可见时长（秒）30 -> 60，死信 关闭 -> 200 次后进入 q",
        ),
        ("i-1 is Stopped: start it first", "i-1 的状态为 已停止：请先启动它"),
    ],
)
def test_words_of_the_cloud_are_read_too(english: str, chinese: str) -> None:
    """A state among Chinese words is one of them."""
    assert CHINESE.sentence(english) == chinese


DRILL = [*sorted(STEPS.parent.glob("ops/drill*.py")), STEPS.parent / "ops/receipt_files.py"]


@pytest.mark.parametrize("sentence", sorted(set(sentences(DRILL, {"Permanent": 0}))))
def test_why_a_drill_or_a_receipt_is_refused_reads_in_chinese(sentence: str) -> None:
    """A new one needs a row in worker/ops/failure_sentences.py."""
    told = CHINESE.sentence(sentence).replace("aliyun-ops", "")
    assert re.findall(r"\b[a-z]{3,} [a-z]{2,}\b", told) == []


@pytest.mark.parametrize("key", TEXTS)
def test_no_chinese_text_shouts_a_word_of_ours(key: str) -> None:
    """What is not verified is said in words."""
    assert "UNVERIFIED" not in TEXTS[key][1]


ADVICE = sorted({group.meaning.advice for group in error_map._GROUPS if group.meaning.advice})


@pytest.mark.parametrize("advice", [*ADVICE, error_map.classify("Any", 400, "New").advice])
@pytest.mark.parametrize("how", ["HTTP 400, request 1A-2B", "HTTP 400", "request 1A2B"])
def test_refusal_of_the_cloud_reads_in_chinese(advice: str, how: str) -> None:
    """What the cloud calls things stays; what to do about it does not."""
    read = CHINESE.sentence(f"RunInstances was refused: Some.Code ({how}). {advice}")

    assert read.startswith("RunInstances 被拒绝：Some.Code（")
    assert CHINESE.sentence(advice) != advice
    assert advice not in read


@pytest.mark.parametrize("reason", [words for words, _ in lost._WORDS])
@pytest.mark.parametrize("how", ["got no answer", "got no readable answer"])
def test_lost_answer_reads_in_chinese(reason: str, how: str) -> None:
    """Why there was none, too."""
    assert CHINESE.sentence(reason) != reason
    assert CHINESE.sentence(f"ReceiveMessage {how} ({reason})").startswith(
        "ReceiveMessage 没有得到应答（"
    )


def test_clock_that_does_not_answer_is_told_in_chinese() -> None:
    """A person who tries it with the emulator stopped meets this one first."""
    with pytest.raises(RecreationError) as told:
        build_clock(Settings.model_construct(clock=Clock(emulator="http://127.0.0.1:1")))

    assert "urlopen" not in told.value.sentence
    assert CHINESE.sentence(told.value.sentence).endswith("服务地址拒绝连接")


class Nobody(ChainProvider):
    """A chain in which nobody gives an access key."""

    @override
    def _made(self) -> Any:
        raise KeyError("nothing")


@pytest.mark.parametrize(
    "source", [Nobody(), EnvironmentProvider({KEY_ID: "half"})], ids=["none", "half of one"]
)
def test_missing_credentials_read_in_chinese(source: Provider) -> None:
    """Who sets the program up meets this one first; what gets no answer for it quotes it."""
    with pytest.raises(NoCredentials) as told:
        source.get_credentials()

    for english in (told.value.sentence, f"DescribeImages got no answer ({told.value.sentence})"):
        chinese = CHINESE.sentence(english)
        assert KEY_ID in chinese
        assert not re.search(r"credentials|attach|set both|are not", chinese)


def test_variables_of_which_one_is_enough_read_in_chinese() -> None:
    """No English word stands between their names."""
    read = CHINESE.sentence("region: is not set; write region: x, or set A_B or C_D or E_F")

    assert read == "region：未设置；请写 region: x，或设置 A_B、C_D 或 E_F"


WHYS = sorted(
    {
        error_map.why_of(code.rstrip("*"), group.action)
        for group in error_map._GROUPS
        for code in group.codes.split()
    }
)


@pytest.mark.parametrize("why", WHYS)
def test_every_code_of_the_table_is_explained_in_chinese(why: str) -> None:
    """A new one needs a row in worker/ops/failure_sentences.py."""
    assert why
    assert re.search(r"[\u4e00-\u9fff]", CHINESE.sentence(why))


EXPLAINING = Wording(Language.CHINESE, error_map.why_of)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "RunInstances was refused: OperationDenied (HTTP 403, request 1A)",
            "RunInstances 被拒绝：OperationDenied（此处暂时无法获得）（HTTP 403，请求 1A）",
        ),
        (
            "CreateImage was refused: OperationDenied (HTTP 403, request 1A)",
            "CreateImage 被拒绝：OperationDenied（该资源不支持此操作）（HTTP 403，请求 1A）",
        ),
        ("EniPerInstanceLimitExceeded", "EniPerInstanceLimitExceeded（该资源不支持此操作）"),
        ("InvalidHostName.Malformed", "InvalidHostName.Malformed（云端无法理解该请求）"),
        ("OperationDenied", "OperationDenied"),
        ("Nobody.Has.Met.This", "Nobody.Has.Met.This"),
        (
            "PutTargets failed: refused (code NoPermission, HTTP status 403, request id 1A)",
            "PutTargets 失败：被拒绝（错误码 NoPermission（缺少权限），HTTP 403，请求 1A）",
        ),
    ],
)
def test_code_of_the_cloud_is_explained_where_it_stands(english: str, chinese: str) -> None:
    """What means one thing here and another there is explained by the action, or not at all."""
    assert EXPLAINING.sentence(english) == chinese
    assert Wording(Language.ENGLISH, error_map.why_of).sentence(english) == english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            (
                "d-1, i-2: no leftover of owner default; nothing was changed;"
                " aliyun-ops sweep lists all that there are"
            ),
            "d-1, i-2：没有属于部署 default 的此项遗留资源；未作任何更改；aliyun-ops sweep 会列出全部遗留资源",
        ),
        (
            (
                "instance i-1 is not known in cn-hangzhou; aliyun-ops audit lists the spot instances"
                " with their ids"
            ),
            "在 cn-hangzhou 查不到实例 i-1；aliyun-ops audit 会列出抢占式实例及其 ID",
        ),
        (
            (
                "--zone A! is none that the cloud could know, such as ecs.g7.large or cn-hangzhou-j;"
                " nothing was changed"
            ),
            "--zone A! 不是云端可能认识的值（例如 ecs.g7.large 或 cn-hangzhou-j）；未作任何更改",
        ),
    ],
)
def test_wrong_id_leads_on_in_chinese(english: str, chinese: str) -> None:
    assert CHINESE.sentence(english) == chinese
