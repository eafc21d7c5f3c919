"""A receipt as one page for a browser: nothing is fetched, nothing runs, both languages are in it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from worker.core.receipt import RECOVERED, UNFINISHED, DiskRecord, Moment, Receipt, read_receipt
from worker.ops.comparison import Likeness, Line, compare
from worker.ops.markup import Child, document, element
from worker.ops.receipt_picture import picture
from worker.ops.receipt_style import STYLE
from worker.ops.receipt_words import (
    advice,
    all_kept,
    compared_names,
    compared_title,
    data_point,
    headline,
    health,
    in_time,
    losses,
    notice,
)
from worker.ops.wording import Language, WhyOf, Wording, nothing_known

# A browser that obeys this could not fetch or run anything even if a text got through as markup.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_TAGS = {Language.ENGLISH: "en", Language.CHINESE: "zh-CN"}
_CHOICES = {Language.ENGLISH: ("english", "English"), Language.CHINESE: ("chinese", "中文")}
_ID = re.compile(r"\b([a-z]{1,4}-[a-z0-9]{8,})\b")
_CLASS_OF_OUTCOME = {RECOVERED: "good", UNFINISHED: "bad"}


def page_of(data: Mapping[str, Any], language: Language, why_of: WhyOf = nothing_known) -> str:
    """Return the page of a receipt that is plain data.

    Raises:
        Malformed: It is no receipt.
    """
    return receipt_page(read_receipt(data), language, why_of)


def receipt_page(receipt: Receipt, language: Language, why_of: WhyOf = nothing_known) -> str:
    """Return the page as HTML text; `language` is the one that shows first."""
    body = element("body", *_switch(language))
    body.extend(_article(receipt, Wording(one, why_of)) for one in Language)
    root = element("html", _head(receipt, Wording(language, why_of)), body, lang=_TAGS[language])
    return document(root)


def _head(receipt: Receipt, wording: Wording) -> ET.Element:
    title = wording("page.title", source=receipt.source.name or receipt.source.instance)
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        _style(),
    )


def _style() -> ET.Element:
    """The style is ours and goes in as it is: `element` would escape its line ends."""
    style = ET.Element("style")
    style.text = STYLE
    return style


def _switch(language: Language) -> Iterator[ET.Element]:
    """Two radio buttons: the style shows the language whose button is pressed."""
    for one, (name, label) in _CHOICES.items():
        checked = {"checked": "checked"} if one is language else {}
        yield element("input", type="radio", name="language", id=name, class_="choice", **checked)
        yield element("label", label, for_=name, class_="language", lang=_TAGS[one])


def _article(receipt: Receipt, wording: Wording) -> ET.Element:
    parts = [
        _summary(receipt, wording),
        _todo(receipt, wording),
        _timeline(receipt, wording),
        *_optional(receipt, wording),
        _footer(receipt, wording),
    ]
    return element("article", *parts, class_=wording.language.value, lang=_TAGS[wording.language])


def _optional(receipt: Receipt, wording: Wording) -> Iterator[ET.Element]:
    if receipt.replacement.instance:
        yield _comparison(receipt, wording)
    if receipt.handed_over:
        yield _handed_over(receipt, wording)
    if receipt.outcome == RECOVERED:
        yield _not_kept(receipt, wording)
    if receipt.disks:
        yield _disks(receipt, wording)


def _section(title: str, *children: ET.Element) -> ET.Element:
    return element("section", element("h2", title), *children)


def _summary(receipt: Receipt, wording: Wording) -> ET.Element:
    class_ = _CLASS_OF_OUTCOME.get(receipt.outcome, "warn")
    title = element("h1", *_unbroken(headline(receipt, wording)), class_=class_)
    made = element("header", title)
    running = receipt.running
    if running is not None:
        made.append(element("p", in_time(running, receipt, wording)))
    if receipt.degraded:
        why = wording.sentence(receipt.degraded)
        told = wording("receipt.degraded", why=why)
        made.append(element("p", told, class_=Likeness.CHANGED.value))
    if said := health(receipt, wording):
        made.append(element("p", said))
    if receipt.reason:
        made.append(element("p", wording.sentence(receipt.reason)))
    made.append(element("p", notice(receipt, wording), class_="soft"))
    return made


def _unbroken(text: str) -> Iterator[Child]:
    """Keep each id of the cloud in one line: a browser would break it behind its hyphen."""
    for number, part in enumerate(_ID.split(text)):
        yield element("span", part, class_="id") if number % 2 else part


def _todo(receipt: Receipt, wording: Wording) -> ET.Element:
    items = [element("li", sentence) for sentence in advice(receipt, wording)]
    return _section(wording("receipt.todo"), element("ol", *items))


def _timeline(receipt: Receipt, wording: Wording) -> ET.Element:
    rows = [_moment(moment, wording) for moment in receipt.timeline]
    every = element(
        "details",
        element("summary", wording("page.every_time")),
        element("table", element("tbody", *rows)),
    )
    return _section(wording("receipt.timeline"), picture(receipt, wording), every)


def _moment(moment: Moment, wording: Wording) -> ET.Element:
    return element(
        "tr",
        element("td", moment.at.partition("T")[2] or moment.at),
        element("td", f"{moment.seconds_after_t0:+.1f}"),
        element("td", wording.known("mark", moment.what)),
        element("td", moment.resource),
    )


def _comparison(receipt: Receipt, wording: Wording) -> ET.Element:
    lines = compare(receipt, wording)
    count = Counter(line.likeness for line in lines)
    counted = wording("page.counted", **{one.value: count[one] for one in Likeness})
    names = compared_names(receipt, wording)
    heads = ("", *names, "")
    head = element("thead", element("tr", *(element("th", one, scope="col") for one in heads)))
    rows = [_compared(line, names, wording) for line in lines]
    table = element("table", head, element("tbody", *rows), class_="compare")
    return _section(compared_title(receipt, wording), element("p", counted, class_="soft"), table)


def _compared(line: Line, names: tuple[str, str], wording: Wording) -> ET.Element:
    likeness = line.likeness.value
    return element(
        "tr",
        element("th", wording(f"field.{line.field}"), scope="row"),
        element("td", line.source or "–", data_of=names[0]),
        element("td", line.replacement or "–", data_of=names[1]),
        element("td", wording(f"page.{likeness}"), class_=f"mark {likeness}"),
        class_=f"is-{likeness}",
    )


def _handed_over(receipt: Receipt, wording: Wording) -> ET.Element:
    items: list[ET.Element] = []
    for one in receipt.handed_over:
        item = element("li", wording.sentence(one.what))
        if one.resource not in one.what:
            item.extend([element("br"), element("span", one.resource, class_="soft")])
        items.append(item)
    return _section(wording("receipt.handed_over"), element("ul", *items))


def _not_kept(receipt: Receipt, wording: Wording) -> ET.Element:
    items = [
        element("li", wording("because", what=what, why=why))
        for what, why in losses(receipt, wording)
    ]
    items = items or [element("li", all_kept(receipt, wording))]
    return _section(wording("receipt.not_kept"), element("ul", *items))


def _disks(receipt: Receipt, wording: Wording) -> ET.Element:
    cards = [_disk(disk, receipt, wording) for disk in receipt.disks]
    return _section(wording("receipt.data"), *cards)


def _disk(disk: DiskRecord, receipt: Receipt, wording: Wording) -> ET.Element:
    kind = wording.known("kind", disk.kind)
    facts = f"{kind} {disk.device} · {disk.size} GiB · {disk.category}"
    saved, class_ = _saved(disk, receipt, wording)
    return element(
        "div",
        element("h3", disk.disk),
        element("p", facts, class_="soft"),
        element("p", saved, class_=class_),
        element("p", _what_to_do(disk, receipt, wording)),
        class_="disk",
    )


def _saved(disk: DiskRecord, receipt: Receipt, wording: Wording) -> tuple[str, str]:
    if receipt.is_in_place:
        return wording("page.in_place"), Likeness.SAME.value
    if disk.data_point:
        return wording("data.meaning", point=data_point(disk, wording)), Likeness.SAME.value
    return wording("page.in_no_image"), Likeness.LOST.value


def _what_to_do(disk: DiskRecord, receipt: Receipt, wording: Wording) -> str:
    """Say where the disk itself is and what to do with it."""
    if disk.attached:
        return wording("page.disk_attached")
    if receipt.is_in_place:
        return wording("page.on_it")
    if not disk.retained:
        return wording("page.disk_gone")
    key = "page.disk_kept" if disk.data_point else "page.disk_only_copy"
    return wording(key, zone=receipt.source.zone or "-")


def _footer(receipt: Receipt, wording: Wording) -> ET.Element:
    said = wording(
        "page.footer",
        id=receipt.recreation,
        account=receipt.account,
        lineage=receipt.lineage or "-",
        at=receipt.written_at.replace("T", " ").rstrip("Z"),
    )
    return element("footer", element("p", said, class_="soft"))
