"""What of the source the replacement has, line by line; pure."""

from dataclasses import dataclass
from enum import Enum

from worker.core.identity import TAG_PREFIX, is_clonable
from worker.core.receipt import Receipt, Server
from worker.ops.wording import Wording


class Likeness(str, Enum):
    """How a line of the replacement stands to the source's; the value is the key of its text."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Line:
    """One compared property, as text."""

    field: str
    source: str
    replacement: str
    likeness: Likeness


_PLAIN = ("name", "host_name", "description", "type")
_PLACE = ("zone", "vpc", "private_ip", "public_ip", "elastic_ip")
_ACCESS = ("key_pair", "ram_role", "resource_group")


def compare(receipt: Receipt, wording: Wording) -> tuple[Line, ...]:
    """Compare source and replacement; what neither has is left out."""
    source, replacement = receipt.source, receipt.replacement
    lines = [
        _instance(source, replacement),
        *(_plain(name, source, replacement) for name in _PLAIN),
        _size(source, replacement, wording),
        _charge(source, replacement, wording),
        *(_plain(name, source, replacement) for name in _PLACE),
        _groups(source, replacement, wording),
        *(_plain(name, source, replacement) for name in _ACCESS),
        _tags(source, replacement, wording),
    ]
    return tuple(line for line in lines if line.source or line.replacement)


def differs(receipt: Receipt, name: str) -> bool:
    """Tell whether a property that the source had is another one on the replacement."""
    had, has = getattr(receipt.source, name), getattr(receipt.replacement, name)
    return bool(had and has and had != has)


def _instance(source: Server, replacement: Server) -> Line:
    """An id cannot be kept, but for a source that was started again."""
    same = source.instance == replacement.instance
    likeness = Likeness.SAME if same else Likeness.NEW
    return Line("instance", source.instance, replacement.instance, likeness)


def _plain(name: str, source: Server, replacement: Server) -> Line:
    had, has = getattr(source, name), getattr(replacement, name)
    return Line(name, had, has, _likeness(had, has))


def _likeness(had: object, has: object) -> Likeness:
    if had == has:
        return Likeness.SAME
    if not had:
        return Likeness.NEW
    return Likeness.CHANGED if has else Likeness.LOST


def _size(source: Server, replacement: Server, wording: Wording) -> Line:
    had = _size_text(str(source.cpu or ""), source.memory, wording)
    # Of another type only the rule is known by which it was chosen: see `worker.core.ladder`.
    cpu = str(replacement.cpu) if replacement.cpu else f"≥ {source.cpu}" if source.cpu else ""
    has = _size_text(cpu, replacement.memory, wording)
    same_cpu = not replacement.cpu or source.cpu == replacement.cpu
    same = same_cpu and source.memory == replacement.memory
    return Line("size", had, has, Likeness.SAME if same else Likeness.CHANGED)


def _size_text(cpu: str, memory: float, wording: Wording) -> str:
    if not memory:
        return ""
    return wording("cpu_memory" if cpu else "memory", cpu=cpu, memory=f"{memory:g}")


def _charge(source: Server, replacement: Server, wording: Wording) -> Line:
    had, has = (wording(one.charge) if one.charge else "" for one in (source, replacement))
    return Line("charge", had, has, _likeness(had, has))


def _groups(source: Server, replacement: Server, wording: Wording) -> Line:
    had, has = source.security_groups, replacement.security_groups
    same = sorted(had) == sorted(has)
    likeness = Likeness.SAME if same else Likeness.CHANGED
    return Line("security_groups", wording.listed(had), wording.listed(has), likeness)


def _tags(source: Server, replacement: Server, wording: Wording) -> Line:
    """Compare the tags that can be cloned; the keys of the source's are shown."""
    had = {key: value for key, value in source.tags.items() if is_clonable(key)}
    has = {key: value for key, value in replacement.tags.items() if key in had}
    ours = sum(1 for key in replacement.tags if key.startswith(TAG_PREFIX))
    shown = [_tag(key, value) for key, value in has.items()]
    if ours:
        shown.append(wording("own_tags", number=ours))
    likeness = Likeness.SAME if had == has else Likeness.CHANGED
    return Line(
        "tags",
        wording.listed([_tag(key, value) for key, value in had.items()]),
        wording.listed(shown),
        likeness,
    )


def _tag(key: str, value: str) -> str:
    return f"{key}={value}" if value else key
