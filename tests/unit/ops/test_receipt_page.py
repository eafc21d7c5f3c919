"""The page of a receipt: complete, in both languages, drawn to scale, and harmless whatever is in it."""

import re
from dataclasses import asdict, replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from tests.unit.ops.conftest import DATA_DISK, IMAGE, REPLACEMENT, SOURCE, SYSTEM_DISK, made_receipt
from worker.core.errors import Malformed
from worker.core.receipt import DiskRecord, HandedOver, Moment, NotKept, Receipt
from worker.ops.markup import document, element
from worker.ops.receipt_page import page_of, receipt_page
from worker.ops.receipt_picture import MARGIN, TICKS_MAX, Scale, ticks_of
from worker.ops.wording import Language, Wording
from worker.printable import printable

BOTH = pytest.mark.parametrize("language", list(Language))
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><b>",
    "a\x1b]0;owned\x07",
    "evil\u202egnp.exe",
    "&lt;b&gt; &amp; 'x' --> ]]>",
    "前端-支付-01",
    "\ud800",
]


class Reading(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @override
    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """The tags and the names of their attributes: no text may change it."""
        return [(tag, tuple(attributes)) for tag, attributes in self.tags]

    def values(self, tag: str, attribute: str) -> list[str | None]:
        return [found[attribute] for name, found in self.tags if name == tag and attribute in found]


def read(receipt: Receipt, language: Language = Language.ENGLISH) -> Reading:
    return Reading(receipt_page(receipt, language))


def poisoned(text: str) -> Receipt:
    """A receipt that has the text wherever somebody else may choose one."""
    plain = made_receipt()
    source = replace(
        plain.source, name=text, description=text, host_name=text, key_pair=text, tags={text: text}
    )
    return replace(
        plain,
        source=source,
        region=text,
        reason=text,
        outcome=text,
        lineage=text,
        quarantined=(text,),
        not_kept=(NotKept(text, text),),
        disks=(DiskRecord(text, text, text, text, 40),),
        timeline=(Moment(text, text, 1.0, text),),
    )


def test_page_fetches_nothing_and_runs_nothing(receipt: Receipt) -> None:
    """One file is all there is: no script, no address to fetch from, and the browser is told so."""
    page = receipt_page(receipt, Language.ENGLISH)
    found = Reading(page)

    names = {tag for tag, _ in found.tags}
    attributes = {name for _, given in found.tags for name in given}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "a", "form", "base"}
    assert not attributes & {"src", "href", "srcset", "action", "style"}
    assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'; style-src 'unsafe-inline'" in found.values("meta", "content")


@BOTH
def test_both_languages_are_in_it_and_one_shows(receipt: Receipt, language: Language) -> None:
    """Each language has an article of its own; the button of the wanted one is pressed."""
    found = read(receipt, language)

    assert found.values("article", "class") == ["en", "zh"]
    assert found.values("html", "lang") == [{"en": "en", "zh": "zh-CN"}[language.value]]
    pressed = [given["id"] for tag, given in found.tags if tag == "input" and "checked" in given]
    assert pressed == [{"en": "english", "zh": "chinese"}[language.value]]
    assert "Recovered: " in found.text
    assert "已恢复：" in found.text


def test_no_browser_breaks_an_id_in_the_title(receipt: Receipt) -> None:
    """It may break a line behind a hyphen, and `i-` alone at its end is no id."""
    page = receipt_page(receipt, Language.ENGLISH)
    title = page.partition("<h1")[2].partition("</h1>")[0]
    ids = (receipt.source.instance, receipt.replacement.instance)

    assert [f'<span class="id">{one}</span>' in title for one in ids] == [True, True]
    assert ".id{display:inline-block" in page


def test_page_names_everything_that_counts(receipt: Receipt) -> None:
    """Both servers, the image, every disk, the lost address and who refused are named."""
    text = read(receipt).text

    for one in (SOURCE, REPLACEMENT, IMAGE, SYSTEM_DISK, DATA_DISK, "203.0.113.7", "前端-支付-01"):
        assert text.count(one) >= 2, one
    assert "Running 152 s after the notice, 148 s before the announced release." in text
    assert "refused: ecs.g7.large in cn-hangzhou-i (spot)" in text
    assert "10 kept, 2 changed, 1 lost, 1 new" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """Markup, escape codes and directions of writing in a name are shown and do nothing."""
    page = receipt_page(poisoned(text), Language.ENGLISH)
    found = Reading(page)

    assert found.shape == read(poisoned("harmless")).shape
    assert printable(text) in found.text
    assert all(one.isprintable() for one in page if one != "\n")
    page.encode("utf-8")


@given(text=st.text(min_size=1))
def test_any_text_stays_text(text: str) -> None:
    """No text that anybody may choose changes the page's shape, or is lost."""
    found = read(poisoned(f"x{text}"))

    assert found.shape == read(poisoned("harmless")).shape
    assert printable(f"x{text}") in found.text


@pytest.mark.parametrize(
    ("disk", "told"),
    [
        ({"data_point": "", "retained": True}, "is the only copy: attach it"),
        ({"data_point": "", "retained": False}, "No image holds what was on it."),
        ({"retained": False}, "The disk itself goes with the source"),
        ({"retained": True}, "attach it to an instance in cn-hangzhou-i; else delete it once"),
    ],
)
def test_each_disk_says_what_to_do(receipt: Receipt, disk: dict[str, object], told: str) -> None:
    """Where a disk's data is and what is to be done with it depends on that disk alone."""
    changed = replace(receipt.disks[0], **disk)  # type: ignore[arg-type]

    assert told in read(replace(receipt, disks=(changed,))).text


def test_only_copy_is_not_to_be_deleted(receipt: Receipt) -> None:
    """Nobody is told to delete a disk whose data is nowhere else."""
    only = replace(receipt.disks[0], data_point="", retained=True)

    text = read(replace(receipt, disks=(only,))).text

    assert "do not delete it" in text
    assert "else delete it once" not in text


def dots(receipt: Receipt) -> list[tuple[str | None, str]]:
    """The dots of the English picture, from the top: where each is, and whether in time."""
    page = receipt_page(receipt, Language.ENGLISH).partition('class="zh"')[0]
    found = re.findall(r'<g class="(late|timely)">.*?<circle cx="([0-9.]+%)"', page)
    return [(where, when) for when, where in found]


def test_picture_is_drawn_to_scale(receipt: Receipt) -> None:
    """A dot stands where its second is between T0 and the release, which closes the rows."""
    half = replace(receipt.timeline[-1], seconds_after_t0=150.0)

    found = dots(replace(receipt, timeline=(replace(half, seconds_after_t0=0.0), half)))

    assert found == [(f"{MARGIN:.2f}%", "timely"), ("50.00%", "timely"), ("98.00%", "late")]


def test_what_came_after_the_release_is_drawn_behind_it(receipt: Receipt) -> None:
    """The picture grows beyond the notice, and what was late is marked so."""
    late = replace(receipt.timeline[-1], seconds_after_t0=600.0)

    assert dots(replace(receipt, timeline=(late,))) == [("50.00%", "late"), ("98.00%", "late")]
    assert "300 s after the announced release" in read(replace(receipt, timeline=(late,))).text


def test_notice_is_a_bar_from_t0_to_the_release(receipt: Receipt) -> None:
    """The five minutes are seen as such."""
    page = receipt_page(receipt, Language.ENGLISH)

    assert re.search(r'<rect x="2.00%" y="18" width="96.00%"[^>]* class="notice">', page)
    assert "notice: 300 s until the release" in Reading(page).text


@pytest.mark.parametrize("notice", [0.0, -5.0, 1e-9])
def test_notice_without_a_length_is_drawn(receipt: Receipt, notice: float) -> None:
    """A file may say anything; a notice of no length is no reason for a traceback."""
    odd = replace(receipt, notice_seconds=notice, timeline=())

    assert "nan" not in receipt_page(odd, Language.ENGLISH)
    assert REPLACEMENT in read(odd).text


@given(end=st.floats(min_value=1.0, max_value=1e12), at=st.floats(-1e12, 1e12))
def test_every_instant_is_inside_the_picture(end: float, at: float) -> None:
    """However long it took, nothing stands outside, and the axis has a few ticks only."""
    assert MARGIN <= Scale(300.0, end).share(at) <= 100 - MARGIN
    ticks = ticks_of(end)
    assert 1 <= len(ticks) <= TICKS_MAX
    assert ticks == sorted(set(ticks))
    assert ticks[-1] <= end


def test_false_alarm_has_a_page(receipt: Receipt) -> None:
    """Without a replacement there is nothing to compare, and nothing to do."""
    alarm = replace(
        receipt,
        outcome="false_alarm",
        replacement=replace(receipt.replacement, instance="", private_ip=""),
        disks=(),
    )

    found = read(alarm)

    assert "compare" not in found.values("table", "class")
    assert "Nothing." in found.text


def test_page_is_made_from_plain_data(receipt: Receipt) -> None:
    """The worker hands over plain data and gets the page of the same receipt."""
    expected = receipt_page(receipt, Language.CHINESE)

    assert page_of(asdict(receipt), Language.CHINESE) == expected
    with pytest.raises(Malformed):
        page_of({"format": 1}, Language.ENGLISH)


def test_attributes_are_texts_too() -> None:
    """What stands in an attribute can neither leave it nor turn the direction of writing."""
    page = document(element("p", aria_label='"><b>\u202e'))

    assert Reading(page).tags == [("p", {"aria-label": '"><b>\\u202e'})]


@BOTH
def test_what_was_handed_over_is_listed(receipt: Receipt, language: Language) -> None:
    """With the id where the name does not tell it."""
    things = (
        HandedOver("elastic address 47.0.0.1", "eip-bp1"),
        HandedOver("network interface eni-bp1", "eni-bp1"),
    )

    text = read(replace(receipt, handed_over=things), language).text

    assert Wording(language)("receipt.handed_over") in text
    assert "eip-bp1" in text
    # Once in either language.
    assert text.count("eni-bp1") == 2


@BOTH
def test_source_that_was_started_again_has_its_own_disks(
    receipt: Receipt, language: Language
) -> None:
    """Not "in no image" and not "goes with the source"."""
    wording = Wording(language)
    again = replace(receipt, replacement=receipt.source, image="")

    text = read(again, language).text

    assert wording("page.in_place") in text
    for misleading in ("page.in_no_image", "page.disk_gone", "receipt.compare"):
        assert wording(misleading) not in text
