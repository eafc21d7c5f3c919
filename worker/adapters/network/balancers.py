"""Port `Balancers`: the members of all three products behind one answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from typing_extensions import override

from worker import ports
from worker.adapters.ecs.call import Body, SdkMissing
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.network.answers import move_answer
from worker.adapters.network.classic import ClassicMembers, Memory
from worker.adapters.network.pairs import PairGroups
from worker.adapters.network.server_groups import GroupMembers
from worker.core.model import Member, MemberAnswer, NotInstalled, Pair, Tags

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class CloudBalancers(ports.Balancers):
    """Port `Balancers` over one region; the memory is shared by whoever asks through it."""

    endpoint: Endpoint
    memory: Memory = field(default_factory=Memory)

    @override
    def members(self, server_ids: Sequence[str]) -> tuple[Member, ...] | NotInstalled:
        return _if_installed(lambda: self._find(server_ids))

    @override
    def add(self, member: Member, *, token: str) -> MemberAnswer:
        return _if_installed(lambda: self._add(member, token))

    @override
    def remove(self, member: Member, *, token: str) -> MemberAnswer:
        return _if_installed(lambda: self._remove(member, token))

    def _find(self, server_ids: Sequence[str]) -> tuple[Member, ...]:
        if not server_ids:
            return ()
        return (
            *GroupMembers(self.endpoint, "alb").find(server_ids),
            *GroupMembers(self.endpoint, "nlb").find(server_ids),
            *self._classic.find(server_ids),
        )

    def _add(self, member: Member, token: str) -> MemberAnswer:
        if member.product == "slb":
            answer = self._classic.add(member)
        else:
            answer = GroupMembers(self.endpoint, member.product).add(member, token)
        return move_answer(answer, member.server)

    def _remove(self, member: Member, token: str) -> MemberAnswer:
        if member.product == "slb":
            answer = self._classic.remove(member)
        else:
            answer = GroupMembers(self.endpoint, member.product).remove(member, token)
        return move_answer(answer, member.server)

    @override
    def pairs(self, balancer: str) -> tuple[Pair, ...] | NotInstalled:
        return _if_installed(lambda: self._pairs.find(balancer))

    @override
    def make_pair(self, pair: Pair, *, tags: Tags) -> MemberAnswer:
        return _if_installed(lambda: self._changed(pair, lambda: self._pairs.make(pair, tags)))

    @override
    def lead(self, listener: str, pair: Pair) -> MemberAnswer:
        return _if_installed(lambda: self._changed(pair, lambda: self._pairs.lead(listener, pair)))

    def _changed(self, pair: Pair, change: Callable[[], Body | Refusal]) -> MemberAnswer:
        try:
            return move_answer(change(), pair.group)
        finally:
            # Also after a lost answer: the change may have taken effect.
            self.memory.forget(pair.balancer)

    @property
    def _pairs(self) -> PairGroups:
        return PairGroups(self.endpoint)

    @property
    def _classic(self) -> ClassicMembers:
        return ClassicMembers(self.endpoint, self.memory)


def _if_installed(work: Callable[[], Answer]) -> Answer | NotInstalled:
    try:
        return work()
    except SdkMissing:
        return NotInstalled()
