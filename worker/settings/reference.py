"""Every key of the configuration with its default, limits and meaning, for documents and hints."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic.fields import FieldInfo

from worker.settings.model import Settings
from worker.settings.sections import Section
from worker.settings.units import Within


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the configuration.

    Attributes:
        path: Dotted, such as `queue.lease`.
        default: As it would stand in YAML; None for null and for what the environment gives.
        limits: The allowed values in words; empty when any value of the kind is allowed.
        description: What it means, in one or two sentences.
    """

    path: str
    default: object
    limits: str
    description: str


def reference() -> Iterator[tuple[str, str, list[Key]]]:
    """Yield (section, what it is about, its keys); the first section is the top level and has no name."""
    tops, sections = [], []
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if field.exclude:
            continue
        if isinstance(section, type) and issubclass(section, Section):
            sections.append((name, section.__doc__ or "", list(_keys(section, f"{name}."))))
        else:
            tops.append(_key(name, field, None))
    yield "", "Whose instances these are.", tops
    yield from sections


def known_paths() -> list[str]:
    """Return the path of every section and of every key."""
    return [
        path
        for name, _, keys in reference()
        for path in ((name,) if name else ()) + tuple(k.path for k in keys)
    ]


def _keys(section: type[Section], prefix: str) -> Iterator[Key]:
    defaults = section().model_dump(mode="json")
    for name, field in section.model_fields.items():
        yield _key(f"{prefix}{name}", field, defaults[name])


def _key(path: str, field: FieldInfo, default: object) -> Key:
    shown = field.default if default is None and not field.is_required() else default
    return Key(path=path, default=shown, limits=_limits(field), description=field.description or "")


def _limits(field: FieldInfo) -> str:
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return " | ".join(choices)
    return next((f"{each.low} to {each.high}" for each in _metadata(field)), "")


def _metadata(field: FieldInfo) -> Iterator[Within]:
    nested: list[Any] = [
        part for each in get_args(field.annotation) for part in getattr(each, "__metadata__", ())
    ]
    yield from (each for each in [*field.metadata, *nested] if isinstance(each, Within))
