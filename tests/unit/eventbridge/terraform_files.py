"""Reads Terraform files as far as ours go: every value with its references filled in, by the HCL parser and not by our writer."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hcl2

Data = dict[str, Any]

# What in a block is not an argument of the provider.
OF_TERRAFORM = {"__is_block__", "__comments__", "count", "for_each", "depends_on"}

_REFERENCE = re.compile(r"(?:(data)\.)?(\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(.+))?")
_CALL = re.compile(r"(jsonencode|file|toset)\((.*)\)", re.DOTALL)
_WHERE_SET = re.compile(r'var\.(\w+) == "" \? \{\} : (.+)')
_HOLE = re.compile(r"\$\{([^{}]*)\}")


@dataclass
class Module:
    """A Terraform module with values for what only the cloud or a person tells.

    Attributes:
        directory: What `path.module` stands for.
        given: Values of variables and of attributes that Terraform learns from the cloud, by their reference.
    """

    directory: Path
    given: Mapping[str, Any]
    blocks: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, text: str) -> None:
        """Add the text of one file."""
        for kind, found in hcl2.loads(text).items():
            if kind != "__comments__":
                self.blocks.setdefault(kind, []).extend(found)

    def resources(self, kind: str) -> dict[str, Data]:
        """Return every resource of a kind by its label; one with `for_each` by label and key."""
        found: dict[str, Data] = {}
        for label, body in self._labelled(kind):
            if "for_each" not in body:
                found[label] = self.filled(body)
                continue
            for key, value in self._each(body["for_each"]).items():
                found[f"{label}.{key}"] = self.filled(body, {"each.key": key, "each.value": value})
        return found

    def kinds(self) -> Iterator[tuple[str, Data]]:
        """Yield (kind, body as it is written) of every resource."""
        for block in self.blocks["resource"]:
            for kind, labels in block.items():
                for body in labels.values():
                    yield json.loads(kind), body

    def defaults(self) -> Data:
        """Return the default of every variable."""
        return {
            json.loads(name): self.filled(body["default"])
            for block in self.blocks.get("variable", [])
            for name, body in block.items()
        }

    def filled(self, value: Any, around: Mapping[str, Any] | None = None) -> Any:
        """Fill in what a value refers to."""
        if isinstance(value, dict):
            return {
                self.filled(key, around): self.filled(each, around)
                for key, each in value.items()
                if key not in OF_TERRAFORM
            }
        if isinstance(value, list):
            return [self.filled(each, around) for each in value]
        return self._text(value, around or {}) if isinstance(value, str) else value

    def _text(self, text: str, around: Mapping[str, Any]) -> Any:
        if text.startswith('"'):
            literal = json.loads(text)
            return _HOLE.sub(lambda hole: str(self._value(hole.group(1), around)), literal)
        if text.startswith("${"):
            return self._value(text[2:-1], around)
        return text

    def _value(self, expression: str, around: Mapping[str, Any]) -> Any:
        if expression in around:
            return around[expression]
        if expression in self.given:
            return self.given[expression]
        if "each.key" in around:
            expression = expression.replace("[each.key]", f"[{json.dumps(around['each.key'])}]")
        call = _CALL.fullmatch(expression)
        if call:
            argument = self.filled(hcl2.loads(f"x = {call.group(2)}\n")["x"], around)
            return self._called(call.group(1), argument)
        return self._referred(expression)

    def _called(self, name: str, argument: Any) -> Any:
        if name == "file":
            return Path(argument).read_text(encoding="utf-8")
        return json.dumps(argument) if name == "jsonencode" else argument

    def _referred(self, expression: str) -> Any:
        reference = _REFERENCE.fullmatch(expression)
        assert reference, f"cannot read {expression}"
        _, kind, name, attribute = reference.groups()
        if kind == "var":
            return self.defaults()[name]
        if kind == "local":
            return self.filled(next(each[name] for each in self.blocks["locals"] if name in each))
        if kind == "path":
            return str(self.directory)
        if name == "each":
            key = json.loads(expression[expression.index("[") + 1 : expression.index("]")])
            return self.resources(kind)[f"each.{key}"][attribute]
        return self.filled(dict(self._labelled(kind))[name][attribute])

    def _each(self, expression: str) -> dict[str, Any]:
        text = expression[2:-1]
        where_set = _WHERE_SET.fullmatch(text)
        value = self._value(where_set.group(2) if where_set else text, {})
        return value if isinstance(value, dict) else {key: key for key in value}

    def _labelled(self, kind: str) -> Iterator[tuple[str, Data]]:
        for block in self.blocks["resource"]:
            for label, body in block.get(json.dumps(kind), {}).items():
                yield json.loads(label), body


def arguments(body: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the path of every argument and block of a resource, without those of Terraform itself."""
    for name, value in body.items():
        if name in OF_TERRAFORM:
            continue
        yield f"{prefix}{name}"
        for each in value if isinstance(value, Iterable) and isinstance(value, list) else []:
            if isinstance(each, dict) and "__is_block__" in each:
                yield from arguments(each, f"{prefix}{name}.")
