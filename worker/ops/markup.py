"""Elements of a page, built as a tree: a text in it can be nothing but text.

The tree escapes what HTML would interpret, and `printable` what a reader could be fooled with.
"""

from xml.etree import ElementTree as ET

from worker.printable import printable

Child = ET.Element | str


def element(tag: str, *children: Child, **attributes: str) -> ET.Element:
    """Return an element with its children in order.

    Args:
        tag: Its name.
        children: Elements, and texts as a person wrote them.
        attributes: An underscore at the end is dropped and others are hyphens: `class_`,
            `aria_label`.
    """
    named = {
        name.rstrip("_").replace("_", "-"): printable(value) for name, value in attributes.items()
    }
    made = ET.Element(tag, named)
    for child in children:
        _append(made, child)
    return made


def _append(parent: ET.Element, child: Child) -> None:
    if isinstance(child, ET.Element):
        parent.append(child)
        return
    text = printable(child)
    last = parent[-1] if len(parent) else None
    if last is None:
        parent.text = (parent.text or "") + text
    else:
        last.tail = (last.tail or "") + text


def document(root: ET.Element) -> str:
    """Write a whole page."""
    return "<!doctype html>\n" + ET.tostring(root, encoding="unicode", method="html") + "\n"
