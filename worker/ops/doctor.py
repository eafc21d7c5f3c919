"""The doctor: looks at everything that must be so before an interruption comes, and changes nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from worker.core.diagnosis import (
    Code,
    Diagnosis,
    Expected,
    Failed,
    Finding,
    Gap,
    Quota,
    Seen,
    Severity,
    Trouble,
    Untried,
    judge_queue,
    judge_quota,
    judge_rule,
    judge_skew,
)
from worker.core.grants import GRANTS
from worker.operator_ports import Capacity, Reach, SetUp, Trials
from worker.ops.doctor_texts import EXPLANATIONS

_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def severity_of(finding: Finding) -> Severity:
    """Say how bad a finding is."""
    return EXPLANATIONS[finding.code].severity


def is_sound(findings: tuple[Finding, ...]) -> bool:
    """Tell whether nothing is wrong; notes do not count."""
    return all(severity_of(one) is Severity.NOTE for one in findings)


@dataclass(frozen=True, slots=True)
class Doctor:
    """The checks of one installation.

    Attributes:
        expected: What the configuration wants to be so.
        own_instance_id: Names the instance this runs on; empty anywhere else.
    """

    expected: Expected
    reach: Reach
    set_up: SetUp
    trials: Trials
    capacity: Capacity
    own_instance_id: Callable[[], str]

    def look(self) -> Diagnosis:
        """Find what is wrong, the worst first, and what could not be tried.

        What cannot be asked because something before it is wrong is not told besides: with a refused key
        there is one finding and not one for each call.
        """
        told = list(self._told())
        found = [one for one in told if isinstance(one, Finding)]
        found.sort(key=lambda one: _WORST_FIRST.index(severity_of(one)))
        return Diagnosis(tuple(found), tuple(one for one in told if isinstance(one, Untried)))

    def _told(self) -> Iterator[Finding | Untried]:
        if not self.expected.has_signing_key:
            yield Finding(Code.SIGNING_KEY_MISSING)
        touched = {api: self.reach.touch(api, url) for api, url in self.expected.apis.items()}
        yield from self._unreached(touched)
        skews = list(self._skews(touched))
        yield from skews
        if isinstance(touched["ecs"], Failed):
            return
        greeted = self.reach.greet()
        if isinstance(greeted, Failed) and greeted.why is not Trouble.PERMISSION:
            yield from self._not_greeted(greeted, skews)
            return
        answering = {api for api, one in touched.items() if isinstance(one, Seen)}
        if "mns_open" in answering:
            yield from self._queues()
        if "eventbridge" in answering:
            yield from self._rule()
        yield from self._permissions(answering)
        yield from self._capacity()

    def _unreached(self, touched: Mapping[str, Seen[float | None] | Failed]) -> Iterator[Finding]:
        for api, one in touched.items():
            if isinstance(one, Failed):
                named = self._address(api, one.about)
                is_silent = one.why is Trouble.UNREACHABLE
                yield Finding(
                    Code.ENDPOINT_UNREACHABLE if is_silent else Code.ENDPOINT_WRONG, named
                )

    def _skews(self, touched: Mapping[str, Seen[float | None] | Failed]) -> Iterator[Finding]:
        told = [one.value for one in touched.values() if isinstance(one, Seen)]
        known = [seconds for seconds in told if seconds is not None]
        if known:
            yield from judge_skew(median(known))

    def _not_greeted(self, failed: Failed, skews: list[Finding]) -> Iterator[Finding]:
        match failed.why:
            case Trouble.NO_CREDENTIALS:
                yield Finding(Code.CREDENTIALS_MISSING)
            case Trouble.CREDENTIALS:
                yield Finding(Code.CREDENTIALS_REFUSED, {"code": failed.about})
            case Trouble.CLOCK if skews:
                return
            case _:
                yield Finding(Code.ENDPOINT_WRONG, self._address("ecs", failed.about))

    def _address(self, api: str, about: str) -> dict[str, str]:
        url = self.expected.apis[api]
        derived = self.expected.derived.get(api, url)
        return {"api": api, "url": url, "about": about, "derived": derived}

    def _queues(self) -> Iterator[Finding]:
        wanted = self.expected
        for name in (wanted.queue, wanted.dead_letters, wanted.undelivered):
            queue = self.set_up.queue(name)
            if isinstance(queue, Failed):
                yield self._unseen(queue, f"GetQueueAttributes {name}", "mns_open")
            else:
                yield from judge_queue(queue.value, name, wanted)

    def _rule(self) -> Iterator[Finding]:
        rule = self.set_up.rule()
        if isinstance(rule, Failed):
            yield self._unseen(rule, f"GetRule {self.expected.rule}", "eventbridge")
        else:
            yield from judge_rule(rule.value, self.expected)
        role = self.set_up.service_role()
        if isinstance(role, Failed):
            yield self._unseen(role, "CheckServiceLinkedRoleForProduct", "eventbridge")
        elif not role.value:
            yield Finding(Code.SERVICE_ROLE_MISSING)

    def _unseen(self, failed: Failed, thing: str, api: str = "ecs") -> Finding:
        if failed.why is Trouble.PERMISSION:
            return Finding(Code.LOOK_DENIED, {"thing": thing})
        if failed.why is Trouble.UNREADABLE:
            return Finding(Code.ENDPOINT_WRONG, self._address(api, failed.about))
        return Finding(Code.CHECK_FAILED, {"thing": thing, "about": failed.about})

    def _permissions(self, answering: set[str]) -> Iterator[Finding | Untried]:
        # An API that does not answer is a finding already. That of RAM is never called.
        silent = self.expected.apis.keys() - answering
        untried: list[str] = []
        for grant in GRANTS["worker"]:
            if grant.setting and grant.setting not in self.expected.in_force:
                continue
            tried = [one for one in grant.actions if one.partition(":")[0] not in silent]
            answers = {action: self.trials.permitted(action) for action in tried}
            missing = [action for action, answer in answers.items() if answer is False]
            untried += [action for action, answer in answers.items() if answer is None]
            if missing:
                listed = " ".join(missing)
                yield Finding(Code.PERMISSION_MISSING, {"actions": listed, "need": grant.need})
        if untried:
            yield Untried(Gap.PERMISSIONS, {"actions": " ".join(dict.fromkeys(untried))})

    def _capacity(self) -> Iterator[Finding | Untried]:
        spot = self.capacity.spot_vcpus()
        if isinstance(spot, Failed):
            yield self._unseen(spot, "DescribeAccountAttributes")
        else:
            yield from _judged(Code.SPOT_QUOTA_SHORT, spot.value, Gap.SPOT_QUOTA)
        images = self.capacity.images()
        if isinstance(images, Failed):
            yield from self._unseen_read(images, "DescribeImages")
        else:
            yield from _judged(Code.IMAGE_QUOTA_SHORT, images.value, Gap.IMAGE_QUOTA)
        snapshots = self.capacity.snapshots()
        if isinstance(snapshots, Failed):
            yield from self._unseen_read(snapshots, "DescribeSnapshots")
        else:
            disk, quota = snapshots.value
            for one in judge_quota(Code.SNAPSHOT_QUOTA_SHORT, quota):
                yield Finding(one.code, {**one.values, "disk": disk})
        own = self.own_instance_id()
        is_spot = self.capacity.is_spot(own) if own else Seen(False)
        if isinstance(is_spot, Failed):
            yield from self._unseen_read(is_spot, f"DescribeInstances {own}")
        elif is_spot.value:
            yield Finding(Code.OWN_HOST_SPOT, {"instance": own})

    def _unseen_read(self, failed: Failed, thing: str) -> Iterator[Finding]:
        """Tell of a read that failed, unless the worker needs the same: that is told already."""
        if failed.why is not Trouble.PERMISSION:
            yield self._unseen(failed, thing)


def _judged(code: Code, quota: Quota, gap: Gap) -> Iterator[Finding | Untried]:
    """Judge a quota, or say that there is nothing to judge by."""
    if quota.limit is None:
        yield Untried(gap, {"used": str(quota.used)})
    yield from judge_quota(code, quota)
