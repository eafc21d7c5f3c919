"""Reads a YAML file strictly: a key stands once, and every problem has its line and column.

Only what a configuration needs is read. Anchors are refused: a few lines of them unfold to more than
a memory holds, and one that holds itself never ends. So are tags, which make other values than what
stands there.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from typing_extensions import override

from worker.settings.problems import Problem, SettingsError

# Far above a whole example file with all its comments.
BYTES_MAX = 262_144
DEPTH_MAX = 16
_MERGE = "<<"


class _StrictLoader(yaml.SafeLoader):
    """A safe loader that remembers repeated keys instead of letting the last one win."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.repeated: list[tuple[str, yaml.Mark, yaml.Mark]] = []
        self._depth = 0

    @override
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Build a node within the bounds; called for each value inside of another one."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _refusal("anchors and aliases are not read here", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise _refusal("tags are not read here", event.start_mark)
        if self._depth >= DEPTH_MAX:
            raise _refusal(f"more than {DEPTH_MAX} values stand in each other", event.start_mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Note keys that were there before, then build the mapping as usual."""
        seen: dict[str, yaml.Mark] = {}
        for key, _ in node.value:
            # Any other key is a list or a mapping, which the parent refuses with its place.
            if isinstance(key, yaml.ScalarNode):
                if key.value == _MERGE:
                    raise _refusal("merge keys are not read here", key.start_mark)
                if key.value in seen:
                    self.repeated.append((key.value, seen[key.value], key.start_mark))
                seen.setdefault(key.value, key.start_mark)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a configuration file.

    Returns:
        The mapping in it; an empty file is an empty mapping.

    Raises:
        SettingsError: The file cannot be read, is no YAML, repeats a key or is not a mapping of named keys.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise SettingsError(
            Problem(str(path), f"cannot be read: {reason}", "name a readable file with --config")
        ) from error
    if len(raw) > BYTES_MAX:
        raise SettingsError(
            Problem(str(path), f"is larger than {BYTES_MAX} bytes", "name a configuration file")
        )
    return parse_yaml(text, name=str(path))


def parse_yaml(text: str, *, name: str) -> dict[str, Any]:
    """Parse the text of a configuration file; `name` is what problems call it."""
    try:
        data, repeated = _construct(text)
    except yaml.MarkedYAMLError as error:
        raise SettingsError(_syntax(error, name)) from error
    except (yaml.YAMLError, ValueError) as error:
        # A character that YAML forbids, or a date that does not exist: PyYAML gives no mark for these.
        problem = Problem(
            name, "is not YAML: it holds a character or value that YAML refuses", "write plain text"
        )
        raise SettingsError(problem) from error
    if repeated:
        raise SettingsError(*(_repeated(name, *entry) for entry in repeated))
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise SettingsError(
            Problem(name, "must hold sections such as queue:", "write key: value lines", found=data)
        )
    return data


def _refusal(problem: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _construct(text: str) -> tuple[Any, list[tuple[str, yaml.Mark, yaml.Mark]]]:
    loader = _StrictLoader(text)
    try:
        return loader.get_single_data(), loader.repeated
    finally:
        loader.dispose()


def _syntax(error: yaml.MarkedYAMLError, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark is not None else name
    what = error.problem or error.context or "cannot be parsed"
    context = f" {error.context}" if error.context and error.context != what else ""
    return Problem(
        where, f"is not YAML: {what}{context}", "check indentation, colons and quotes at that place"
    )


def _repeated(name: str, key: str, first: yaml.Mark, again: yaml.Mark) -> Problem:
    where = f"{name}:{again.line + 1}:{again.column + 1}"
    return Problem(
        where, f"repeats the key {key!r} of line {first.line + 1}", "keep one of the two"
    )
