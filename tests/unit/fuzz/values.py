"""Arbitrary values of a type, made from the type itself, so that a new field is covered at once."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

FAR = 10**12
# Chinese, astral, control characters, quotes; no halves of pairs, which are replaced when written.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
numbers = st.floats(-1e12, 1e12, allow_nan=False)


@cache
def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of a type hint."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _annotated(*get_args(hint))
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values_of, get_args(hint)))
    if origin is Literal:
        return st.sampled_from(get_args(hint))
    if origin is tuple:
        return _tuples(get_args(hint))
    if origin in (Mapping, dict) or hint in (Mapping, dict):
        return st.dictionaries(texts, texts, max_size=3)
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return _PLAIN[hint]


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    bool: st.booleans(),
    int: st.integers(-FAR, FAR),
    float: numbers,
    type(None): st.none(),
}


def _tuples(items: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if items[-1] is Ellipsis:
        return st.lists(values_of(items[0]), max_size=3).map(tuple)
    return st.tuples(*map(values_of, items))


def _dataclass(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind, include_extras=True)
    wanted = {one.name: values_of(hints[one.name]) for one in fields(kind)}
    if any(get_origin(hints[name]) is ClassVar for name in wanted):
        raise AssertionError(kind)
    return st.builds(kind, **wanted)


def _annotated(base: Any, info: FieldInfo) -> st.SearchStrategy[Any]:
    """Keep to the limits that the validation knows."""
    limits = {name: value for one in info.metadata for name, value in _limits(one)}
    if "pattern" in limits:
        # `$` would also match before a line end at the end.
        return st.from_regex(limits["pattern"].removeprefix("^").removesuffix("$"), fullmatch=True)
    least, most = limits.get("ge", -FAR), limits.get("le", FAR)
    return st.integers(least, most) if base is int else st.floats(least, most, allow_nan=False)


def _limits(metadata: object) -> list[tuple[str, Any]]:
    names = ("ge", "le", "pattern")
    return [(name, getattr(metadata, name)) for name in names if hasattr(metadata, name)]
