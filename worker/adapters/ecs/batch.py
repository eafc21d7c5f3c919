"""One place where describes and disk changes of many recreations become one call.

The cloud counts calls, not what they are about. Whoever asks while a call is under way is asked for
by the next one; the more calls the last minute has seen, the longer the next one waits for company.
A lone recreation is never made to wait.

A call about many that is refused is repeated about each alone: one bad id must not stand for all.
"""

import contextlib
import json
import math
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

from worker.adapters.crew import Crew, Reply
from worker.adapters.ecs import fields, shapes
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint, Listing, Refusal
from worker.adapters.ecs.tolerant import tolerant_answer
from worker.core import urgency
from worker.core.errors import Permanent, Throttled, Transient, Unauthenticated
from worker.core.model import Accepted, Disk, Image, Instance, KeepAnswer, Look
from worker.ports import Clock

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")

# Without META_OPTIONS the metadata options come back empty. Source: DescribeInstances,
# AdditionalAttributes.
ADDITIONAL_ATTRIBUTES: Final = ("META_OPTIONS", "LOGIN_AS_NON_ROOT", "CPU_OPTIONS_TOPOLOGY_TYPE")
# Source: DescribeInstances, InstanceIds and MaxResults: 100.
INSTANCES_PER_CALL: Final = 100
# Source: ModifyDiskAttribute, DiskIds.N.
DISKS_PER_CALL: Final = 100
# Source: DescribeDisks, MaxResults: 10 to 500.
DISKS_PER_PAGE: Final = 500
# Source: DescribeImages, ImageId: up to 100, with commas; PageSize: 100.
IMAGES_PER_CALL: Final = 100
# Source: DescribeInstanceRamRole, PageSize: 50.
ROLES_PER_CALL: Final = 50

_UNDER_WAY_MAX: Final = 2
_MINUTE: Final = 60.0
# A crowd makes about so many calls in a minute of the calendar, whatever its size: four workers may
# nearly share the lowest quotas that are heard of, 60 a minute.
_CALLS_PER_MINUTE: Final = 20
# The first of them go out at once. Each one more lets the next wait this much longer, but not so
# long that calls are left when the minute is over: they would be lost.
_FREE_CALLS: Final = 4
_PAUSE_PER_CALL: Final = 0.75
# So many that wait are company enough: a longer wait would only let the next call be full as well.
_ENOUGH: Final = 60
# From so many different questions a minute on it is a crowd.
_CROWD: Final = 16
# From so many on, the disks of the whole region are listed.
_LIST_FROM: Final = 4
_LISTED_SECONDS: Final = 20.0
# One that was interrupted goes on so long after it was begun.
_RESUMED_SECONDS: Final = 10.0
_DISK_CALLS_MAX: Final = 8
_REMEMBERED_SECONDS: Final = 60.0
_REMEMBERED_MAX: Final = 256


@dataclass(slots=True)
class Merger(Generic[Question, Answer]):
    """Collects questions while calls are under way.

    Attributes:
        crew: Makes the calls.
        clock: Tells how many there were in the last minute.
        ask_all: Makes one call about some questions. What it leaves out is answered by None.
        most: Weight of the questions in one call; may depend on how many wait.
        weigh: Weight of a question.
        under_way_max: Calls at a time.
    """

    crew: Crew
    clock: Clock
    ask_all: Callable[[Sequence[Question]], Mapping[Question, Answer]]
    most: Callable[[int], int]
    weigh: Callable[[Question], int] = lambda _question: 1
    under_way_max: int = _UNDER_WAY_MAX
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _waiting: dict[Question, list[Reply]] = field(init=False, default_factory=dict)
    _under_way: int = field(init=False, default=0)
    _minute: int = field(init=False, default=0)
    _calls: int = field(init=False, default=0)
    _called_at: float = field(init=False, default=0.0)
    _crowd: dict[Question, float] = field(init=False, default_factory=dict)

    def ask(self, question: Question) -> Reply:
        """Return the answer to come; the question goes out with others', and the asker goes on."""
        reply, is_first = self._enter(question)
        if is_first:
            self.crew.start(self._work)
        return reply

    def find(self, question: Question) -> Answer | None:
        """Return the answer. Who meets no call under way makes it, and spares two threads a turn."""
        reply, is_first = self._enter(question)
        if is_first and self._call():
            # Others have asked meanwhile: they are not this one's business.
            self.crew.start(self._work)
        answer: Answer | None = reply.result()
        return answer

    def _enter(self, question: Question) -> tuple[Reply, bool]:
        """Put a question to the others, and tell whether somebody has to begin to work."""
        reply = self.crew.reply()
        if not self.crew.merges:
            self._answer({question: [reply]})
            return reply, False
        with self._lock:
            self._crowd.pop(question, None)
            self._crowd[question] = self.clock.now()
            self._waiting.setdefault(question, []).append(reply)
            if self._under_way >= self.under_way_max:
                return reply, False
            self._under_way += 1
        return reply, True

    def _work(self) -> None:
        while self._call():
            pass

    def _call(self) -> bool:
        """Make one call, and tell whether another is wanted; if not, this work is over."""
        # Another call may have gone out meanwhile: then there is a new pause.
        while (pause := self._pause()) > 0:
            self.crew.pause(self.clock.real_seconds(pause))
        with self._lock:
            if batch := self._take():
                self._calls, self._called_at = self._calls + 1, self.clock.now()
        if batch:
            self._answer(batch)
        with self._lock:
            if not self._waiting:
                self._under_way -= 1
            return bool(self._waiting)

    def _pause(self) -> float:
        """Return how long to wait for company."""
        now = self.clock.now()
        minute = math.floor(now / _MINUTE)
        with self._lock:
            if minute != self._minute:
                self._minute, self._calls = minute, 0
            while self._crowd and next(iter(self._crowd.values())) <= now - _MINUTE:
                self._crowd.pop(next(iter(self._crowd)))
            more = self._calls - _FREE_CALLS
            if more <= 0 or not self._waiting or self._has_company():
                return 0.0
            left = (minute + 1) * _MINUTE - self._called_at
            pause = min(more * _PAUSE_PER_CALL, left / max(_CALLS_PER_MINUTE - self._calls, 1))
            crowd = min((len(self._crowd) - 1) / _CROWD, 1.0)
            return max(self._called_at + pause * crowd - now, 0.0)

    def _has_company(self) -> bool:
        if len(self._waiting) >= _ENOUGH:
            return True
        return sum(map(self.weigh, self._waiting)) >= _ENOUGH

    def _take(self) -> dict[Question, list[Reply]]:
        batch: dict[Question, list[Reply]] = {}
        weight, most = 0, self.most(len(self._waiting))
        for question in tuple(self._waiting):
            weight += self.weigh(question)
            if batch and weight > most:
                break
            batch[question] = self._waiting.pop(question)
        return batch

    def _ask(self, questions: Sequence[Question]) -> Mapping[Question, Answer]:
        if not self.crew.merges:
            return self.ask_all(questions)
        # Who makes the call makes it for all who wait, though it may be in his own run of a step.
        with urgency.shared():
            return self.ask_all(questions)

    def _answer(self, batch: Mapping[Question, list[Reply]]) -> None:
        try:
            answers = self._ask(tuple(batch))
        except Permanent as error:
            # Whoever is not known to the cloud is refused for each alone, too.
            if len(batch) == 1 or isinstance(error, Unauthenticated):
                _fail(batch, error)
                return
            for question, replies in batch.items():
                self._answer({question: replies})
        except Exception as error:  # noqa: BLE001 - those who asked are to hear of it, whatever it is
            _fail(batch, error)
        else:
            for question, replies in batch.items():
                for reply in replies:
                    reply.set_result(answers.get(question))


@dataclass(slots=True)
class Remembered(Generic[Question, Answer]):
    """Answers that change rarely and that a crowd asks for all at once."""

    crew: Crew
    clock: Clock
    read: Callable[[Question], Answer]
    _known: dict[Question, tuple[float, Answer]] = field(init=False, default_factory=dict)
    _merger: Merger[Question, Answer] = field(init=False)

    def __post_init__(self) -> None:
        self._merger = Merger(
            self.crew, self.clock, self._find, most=lambda _waiting: 1, under_way_max=1
        )

    def find(self, question: Question) -> Answer:
        """Return what was read in the last minute, or read it."""
        known = self._known.get(question)
        if known is not None and self.clock.now() < known[0] + _REMEMBERED_SECONDS:
            return known[1]
        answer = self._merger.find(question)
        if answer is None:
            raise AssertionError("what is read alone is answered")
        return answer

    def _find(self, questions: Sequence[Question]) -> Mapping[Question, Answer]:
        (question,) = questions
        now = self.clock.now()
        known = self._known.get(question)
        if known is not None and now < known[0] + _REMEMBERED_SECONDS:
            return {question: known[1]}
        answer = self.read(question)
        while len(self._known) >= _REMEMBERED_MAX:
            self._known.pop(next(iter(self._known)), None)
        self._known[question] = (now, answer)
        return {question: answer}


def _fail(batch: Mapping[Any, list[Reply]], error: Exception) -> None:
    for replies in batch.values():
        for reply in replies:
            reply.set_exception(error)


@dataclass(slots=True)
class DisksOfInstances:
    """The disks of instances. The filter takes one instance, so that many want a list of all.

    What a list shows is good for some seconds, less than describe calls lag anyway.

    Attributes:
        listed: What the last list showed, by instance.
        listed_at: When it was begun.
        pages: What it cost.
    """

    endpoint: Endpoint
    listed: Mapping[str, tuple[Disk, ...]] = field(default_factory=dict)
    listed_at: float = 0.0
    pages: int = 1
    _interrupted: list[tuple[float, Listing]] = field(init=False, default_factory=list)

    def known(self, instance_id: str) -> tuple[Disk, ...] | None:
        """Return what a list has just shown, if it shows the instance whole."""
        if self.endpoint.clock.now() >= self.listed_at + _LISTED_SECONDS:
            return None
        disks = self.listed.get(instance_id, ())
        return disks if any(disk.kind == "system" for disk in disks) else None

    def portion(self, waiting: int) -> int:
        """Let a few go one by one, each with a call of its own, and many together."""
        return waiting if waiting >= max(_LIST_FROM, 2 * self.pages) else 1

    def find(self, ids: Sequence[str]) -> Mapping[str, tuple[Disk, ...]]:
        """Find the disks of some instances."""
        found = {one: self.known(one) for one in ids}
        if len(ids) > 1 and any(disks is None for disks in found.values()):
            self._list()
            found = {one: self.known(one) for one in ids}
        return {one: self._of(one) if disks is None else disks for one, disks in found.items()}

    def _of(self, instance_id: str) -> tuple[Disk, ...]:
        params = {"InstanceId": instance_id, "MaxResults": DISKS_PER_PAGE}
        bodies = self.endpoint.list_by_token("DescribeDisks", params, "Disks", "Disk")
        return tuple(disk for _, disk in _disks(bodies))

    def _list(self) -> None:
        begun, listing = self._begun()
        try:
            bodies = self.endpoint.finish(listing)
        except Throttled:
            # To begin anew would spend on the first page what the second one needs.
            self._interrupted.append((begun, listing))
            raise
        found: dict[str, list[Disk]] = {}
        for instance_id, disk in _disks(bodies):
            found.setdefault(instance_id, []).append(disk)
        self.pages = max(listing.pages, 1)
        self.listed = {one: tuple(disks) for one, disks in found.items()}
        self.listed_at = begun

    def _begun(self) -> tuple[float, Listing]:
        """Go on with a list that was held back a moment ago, or begin one."""
        now = self.endpoint.clock.now()
        # Others take from it at the same time: only the attempt tells whether one is left.
        with contextlib.suppress(IndexError):
            while True:
                begun, listing = self._interrupted.pop()
                if now < begun + _RESUMED_SECONDS:
                    return begun, listing
        params = {"Status": "In_use", "MaxResults": DISKS_PER_PAGE}
        return now, Listing("DescribeDisks", params, "Disks", "Disk")


def _disks(bodies: Sequence[Body]) -> Iterator[tuple[str, Disk]]:
    for body in bodies:
        disk = shapes.disk_of(body)
        if disk is not None:
            yield fields.text(body, "InstanceId"), disk


def find_disks(endpoint: Endpoint, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
    """Describe disks by id; those that are gone are left out."""
    if len(disk_ids) > DISKS_PER_CALL:
        raise ValueError(f"{len(disk_ids)} disks in one call, at most {DISKS_PER_CALL}")
    if not disk_ids:
        return ()
    params = {"DiskIds": json.dumps(list(disk_ids)), "MaxResults": DISKS_PER_PAGE}
    bodies = endpoint.list_by_token("DescribeDisks", params, "Disks", "Disk")
    found = (shapes.disk_of(body) for body in bodies)
    return tuple(one for one in found if one is not None and one.disk_id in disk_ids)


@dataclass(frozen=True, slots=True)
class Batches:
    """The merged calls of one region."""

    instances: Merger[str, Instance]
    disks: Merger[str, tuple[Disk, ...]]
    disks_by_id: Merger[tuple[str, ...], tuple[Disk, ...]]
    images: Merger[str, Image]
    roles: Merger[str, str]
    keep: Merger[tuple[str, ...], KeepAnswer]
    release: Merger[tuple[str, ...], KeepAnswer]
    listed: DisksOfInstances

    def instance(self, instance_id: str) -> Instance | None:
        """Describe one instance with everything that a clone needs; None when it is not there."""
        return self.instances.find(instance_id)

    def look(self, instance_id: str) -> Look:
        """Describe an instance and its disks at the same time."""
        instance = self.instances.ask(instance_id)
        disks = self.listed.known(instance_id)
        if disks is None:
            disks = self.disks.find(instance_id) or ()
        return Look(instance.result(), disks)


def build_batches(endpoint: Endpoint, crew: Crew) -> Batches:
    """Put the merged calls over an endpoint."""
    calls, disks = _Calls(endpoint), DisksOfInstances(endpoint)

    def merger(ask_all: Callable[[Any], Any], most: int) -> Merger[Any, Any]:
        return Merger(crew, endpoint.clock, ask_all, most=lambda _waiting: most)

    return Batches(
        instances=merger(calls.instances, INSTANCES_PER_CALL),
        disks=Merger(
            crew, endpoint.clock, disks.find, most=disks.portion, under_way_max=_DISK_CALLS_MAX
        ),
        disks_by_id=replace(merger(calls.disks, DISKS_PER_CALL), weigh=len),
        images=merger(calls.images, IMAGES_PER_CALL),
        roles=merger(calls.roles, ROLES_PER_CALL),
        keep=replace(merger(calls.keep, DISKS_PER_CALL), weigh=len),
        release=replace(merger(calls.release, DISKS_PER_CALL), weigh=len),
        listed=disks,
    )


@dataclass(frozen=True, slots=True)
class _Calls:
    """The calls about many things."""

    endpoint: Endpoint

    def instances(self, ids: Sequence[str]) -> Mapping[str, Instance]:
        params = {
            "InstanceIds": json.dumps(list(ids)),
            "AdditionalAttributes": list(ADDITIONAL_ATTRIBUTES),
            "MaxResults": INSTANCES_PER_CALL,
        }
        bodies = self._list("DescribeInstances", params, "Instances", "Instance", count=len(ids))
        found = (shapes.instance_of(body) for body in bodies)
        return {one.instance_id: one for one in found if one is not None}

    def disks(
        self, groups: Sequence[tuple[str, ...]]
    ) -> Mapping[tuple[str, ...], tuple[Disk, ...]]:
        ids = [disk for group in groups for disk in group]
        found = {one.disk_id: one for one in find_disks(self.endpoint, ids)}
        return {group: tuple(found[one] for one in group if one in found) for group in groups}

    def images(self, ids: Sequence[str]) -> Mapping[str, Image]:
        params = {
            "ImageId": ",".join(ids),
            "ImageOwnerAlias": "self",
            # Without it only Available images are listed. Source: DescribeImages, Status.
            "Status": "ALL",
            "PageSize": IMAGES_PER_CALL,
        }
        bodies = self._list("DescribeImages", params, "Images", "Image", count=len(ids))
        found = (shapes.image_of(body) for body in bodies)
        return {one.image_id: one for one in found if one is not None}

    def roles(self, ids: Sequence[str]) -> Mapping[str, str]:
        params = {"InstanceIds": json.dumps(list(ids)), "PageSize": ROLES_PER_CALL}
        body = self._read("DescribeInstanceRamRole", params, count=len(ids))
        bodies = fields.members(body, "InstanceRamRoleSets", "InstanceRamRoleSet")
        return {fields.text(one, "InstanceId"): fields.text(one, "RamRoleName") for one in bodies}

    def keep(self, groups: Sequence[tuple[str, ...]]) -> Mapping[tuple[str, ...], KeepAnswer]:
        return self._modify(groups, goes_with_instance=False)

    def release(self, groups: Sequence[tuple[str, ...]]) -> Mapping[tuple[str, ...], KeepAnswer]:
        return self._modify(groups, goes_with_instance=True)

    def _modify(
        self, groups: Sequence[tuple[str, ...]], *, goes_with_instance: bool
    ) -> Mapping[tuple[str, ...], KeepAnswer]:
        ids = [disk for group in groups for disk in group]
        answer = self.endpoint.change(
            "ModifyDiskAttribute", {"DiskIds": ids, "DeleteWithInstance": goes_with_instance}
        )
        told = tolerant_answer(answer)
        if isinstance(answer, Refusal) and len(groups) > 1 and not isinstance(told, Accepted):
            raise answer.error
        return dict.fromkeys(groups, told)

    def _list(
        self, action: str, params: Mapping[str, Any], outer: str, inner: str, *, count: int
    ) -> list[Body]:
        body = self._read(action, params, count=count)
        if body and not isinstance(body.get(outer), Mapping | list):
            # Taken for an empty list it would say that an instance is gone.
            raise Transient(f"{action} answered without {outer}")
        return fields.members(body, outer, inner)

    def _read(self, action: str, params: Mapping[str, Any], *, count: int) -> Body:
        body = self.endpoint.read(action, params)
        if body is None and count > 1:
            raise Permanent(f"{action} does not know one of {count}")
        return body or {}
