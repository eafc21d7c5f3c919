"""Who may do what: the policies of access keys, and what was asked of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from emulator.state.ram import Need, Policy, Verdict, decide
from emulator.state.ram_needs import denial


@dataclass(slots=True)
class _Use:
    """How often a key needed an action, and over which kinds of resources."""

    allowed: int = 0
    denied: int = 0
    resources: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Permissions:
    """The RAM of the account, as far as requests meet it.

    Attributes:
        policies: What a key may, by its id. A key without an entry is the account's own and may all.
    """

    policies: dict[str, tuple[Policy, ...]] = field(default_factory=dict)
    _uses: dict[tuple[str, str], _Use] = field(default_factory=dict)

    def demand(self, product: str, access_key_id: str, needs: Iterable[Need]) -> None:
        """Let a call pass that has everything it needs; all that it needs is noted.

        Raises:
            ApiError: The product's refusal for the first permission that is missing.
        """
        policies = self.policies.get(access_key_id)
        refusal = None
        for need in needs:
            verdict = Verdict.ALLOWED if policies is None else decide(policies, need)
            self._note(access_key_id, need, verdict)
            if verdict is not Verdict.ALLOWED and refusal is None:
                refusal = denial(product, need, verdict)
        if refusal is not None:
            raise refusal

    def allow(self, access_key_id: str, policies: tuple[Policy, ...] | None) -> None:
        """Give a key policies of its own, or with None all that the account may."""
        self.policies.pop(access_key_id, None)
        if policies is not None:
            self.policies[access_key_id] = policies

    def forget_uses(self) -> None:
        """Forget what was asked; the policies stay."""
        self._uses.clear()

    def listing(self) -> list[dict[str, Any]]:
        """Return what each key needed so far, as plain data."""
        return [
            {
                "access_key_id": key,
                "action": action,
                "allowed": use.allowed,
                "denied": use.denied,
                "resources": sorted(use.resources),
            }
            for (key, action), use in sorted(self._uses.items())
        ]

    def _note(self, access_key_id: str, need: Need, verdict: Verdict) -> None:
        use = self._uses.setdefault((access_key_id, need.action), _Use())
        use.resources.add(_kind(need.resource))
        if verdict is Verdict.ALLOWED:
            use.allowed += 1
        else:
            use.denied += 1


def _kind(resource: str) -> str:
    """Drop the id from an ARN of ECS or VPC, so that the list stays short."""
    if not resource.startswith(("acs:ecs:", "acs:vpc:")):
        return resource
    return resource.rpartition("/")[0] + "/*"
