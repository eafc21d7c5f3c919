"""RAM: whether the policies of a caller allow what a call needs.

Sources: RAM "Policy elements" and "Policy structure and syntax": an explicit Deny wins over any Allow,
and what nothing allows is denied. `*` and `?` are wildcards in actions and resources. What this model
does not know in a policy is an error when the policy is read, never silently ignored.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any

# Source: RAM "Policy structure and syntax": the only valid version.
_VERSION = "1"
_STATEMENT_KEYS = frozenset({"Effect", "Action", "NotAction", "Resource", "Condition"})


class Verdict(Enum):
    """What policies say about one need, in the words of `AccessDeniedDetail`."""

    ALLOWED = "Allowed"
    IMPLICIT_DENY = "ImplicitDeny"
    EXPLICIT_DENY = "ExplicitDeny"


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that a call needs.

    Attributes:
        action: Such as `ecs:CreateImage`.
        resource: The ARN; `*` where the service knows no resources for the action, which only a
            statement about all resources covers.
        context: Condition keys with their values.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator over one key: met when any of the values fits."""

    operator: str
    key: str
    values: tuple[str, ...]

    def is_met(self, context: Mapping[str, str]) -> bool:
        """A key that the request does not have never meets a condition."""
        found = context.get(self.key)
        fits = _OPERATORS[self.operator]
        return found is not None and any(fits(found, value) for value in self.values)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy."""

    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def covers(self, need: Need) -> bool:
        """Tell whether the statement is about a need."""
        named = _any(self.actions, need.action)
        if self.not_actions:
            named = not _any(self.not_actions, need.action)
        return (
            named
            and _any(self.resources, need.resource)
            and all(condition.is_met(need.context) for condition in self.conditions)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that was read."""

    statements: tuple[Statement, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Policy":
        """Read a policy document.

        Raises:
            ValueError: It is no policy, or says something that is not modelled here.
        """
        if set(document) != {"Version", "Statement"} or document["Version"] != _VERSION:
            raise ValueError('a policy has "Version": "1", "Statement" and nothing else')
        statements = document["Statement"]
        if not isinstance(statements, list) or not statements:
            raise ValueError("Statement is a list with at least one statement")
        return cls(tuple(_statement(one) for one in statements))


def decide(policies: Iterable[Policy], need: Need) -> Verdict:
    """Say whether policies together allow a need."""
    effects = [
        statement.allows
        for policy in policies
        for statement in policy.statements
        if statement.covers(need)
    ]
    if not effects:
        return Verdict.IMPLICIT_DENY
    return Verdict.ALLOWED if all(effects) else Verdict.EXPLICIT_DENY


def _statement(given: object) -> Statement:
    given = _object(given, "a statement")
    unknown = set(given) - _STATEMENT_KEYS
    if unknown:
        raise ValueError(f"a statement with {', '.join(sorted(unknown))} is not modelled here")
    if given.get("Effect") not in ("Allow", "Deny"):
        raise ValueError("Effect is Allow or Deny")
    if ("Action" in given) == ("NotAction" in given):
        raise ValueError("a statement has either Action or NotAction")
    if "Resource" not in given:
        raise ValueError("a statement has a Resource")
    return Statement(
        allows=given["Effect"] == "Allow",
        actions=_actions(given.get("Action", [])),
        not_actions=_actions(given.get("NotAction", [])),
        resources=_texts(given["Resource"], "Resource"),
        conditions=tuple(_conditions(given.get("Condition", {}))),
    )


def _actions(given: object) -> tuple[str, ...]:
    actions = _texts(given, "Action")
    for action in actions:
        if action != "*" and not re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9*?]+", action):
            raise ValueError(f"{action!r} is no action of the form service:Action")
    return actions


def _conditions(given: object) -> Iterable[Condition]:
    for operator, keys in _object(given, "Condition").items():
        if operator not in _OPERATORS:
            raise ValueError(f"the condition operator {operator} is not modelled here")
        for key, values in _object(keys, operator).items():
            yield Condition(operator, key, _texts(values, key))


def _object(given: object, name: str) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    raise ValueError(f"{name} is an object")


def _texts(given: object, name: str) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise ValueError(f"{name} is a text or a list of texts")
    return tuple(listed)


def _any(patterns: Sequence[str], text: str) -> bool:
    return any(_fits(text, pattern) for pattern in patterns)


def _fits(text: str, pattern: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> "re.Pattern[str]":
    parts = (
        ".*" if letter == "*" else "." if letter == "?" else re.escape(letter) for letter in pattern
    )
    return re.compile("".join(parts), re.DOTALL)


# Source: RAM "Policy elements", condition operators. Those that are met by what is absent are not
# modelled: what an absent key means to them is not documented.
_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda found, value: found == value,
    "StringEqualsIgnoreCase": lambda found, value: found.lower() == value.lower(),
    "StringLike": _fits,
    "Bool": lambda found, value: found.lower() == value.lower(),
}
