"""Small deliberate defects in the product, each of which must turn the tests red.

Run with `make mutants`, or `python -m tests.simulation.mutants NAME ...` for some of them. Each
mutant is made in a copy of the tree; the tests named with it are run there until one fails. A
mutant that survives means that a guard of the product is guarded by nothing. `guards.json` keeps
which test has caught which mutant: it is asked first, and the others only when it fails to.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.simulation import searched, trials
from tests.simulation.trials import Record

ROOT = Path(__file__).parents[2]
GUARDS = Path(__file__).with_name("guards.json")
COPIED = (
    "worker",
    "eventbridge",
    "emulator",
    "tests",
    "bench",
    "docs",
    "deploy",
    "pyproject.toml",
    "config.yaml",
)
# The exhaustive one first: it ends at the first broken promise, and few mutants come through it.
SIMULATION = ("tests/simulation/test_single_faults.py", "tests/simulation")
LADDER = ("tests/simulation/test_ladder.py",)
SECONDS_MAX = 1_800
_FAILED = re.compile(r"^FAILED (tests/[\w/]+\.py::[\w:]+)", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """One defect: in `file`, `old` becomes `new`."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = SIMULATION


REPLAY = ("tests/simulation/test_replay.py",)
HANDOVER = ("tests/simulation/test_handover.py",)
CLONE = ("tests/simulation/test_clone.py",)
DEAD_LETTERS = ("tests/simulation/test_dead_letter_faults.py",)
MUTANTS = (
    Mutant(
        "replay-deletes-first",
        "worker/ops/replay.py",
        "                self._keep_pace(rate)\n",
        "                self._keep_pace(rate)\n                visit.take_out(one)\n",
        REPLAY,
    ),
    Mutant(
        "replay-leases-before-its-turn",
        "worker/ops/shelves.py",
        "            await_turn()\n",
        "            pass\n",
        REPLAY,
    ),
    Mutant(
        "replay-sends-what-it-may-not-have-any-more",
        "worker/ops/replay.py",
        "                if not visit.hold(one, rate.lease):\n",
        "                if False:\n",
        REPLAY,
    ),
    Mutant(
        "replay-relies-on-a-lease-to-its-end",
        "worker/ops/shelves.py",
        "        if now < one.asked_at + lease * SURE_SHARE:\n",
        "        if now < one.asked_at + lease:\n",
        REPLAY,
    ),
    Mutant(
        "replay-begins-another-epoch",
        "worker/core/replaying.py",
        "    order = _reaching(found, progress.launched.index)\n",
        "    order = _reaching(found, progress.launched.index)\n"
        "    progress = replace(progress, launched=replace(progress.launched, epoch=99))\n",
        REPLAY,
    ),
    Mutant(
        "replay-repeats-a-refused-token",
        "worker/core/replaying.py",
        "        round=launched.round + (refused and at_launch),",
        "        round=launched.round,",
        REPLAY,
    ),
    Mutant(
        "replay-has-no-time-left",
        "worker/core/progress.py",
        "        return max(self.t0, self.resumed_at)",
        "        return self.t0",
        REPLAY,
    ),
    Mutant(
        "replay-of-the-finished",
        "worker/ops/settled.py",
        "        if is_dated or (image is None and running):",
        "        if image is None and running:",
        REPLAY,
    ),
    Mutant(
        "canary-lends-without-a-record",
        "worker/ops/drill.py",
        "            self._record(progress)\n",
        "            pass\n",
        ("tests/simulation/test_drill_handover.py",),
    ),
    Mutant(
        "canary-stays-stopped",
        "worker/ops/drill_return.py",
        '        self._settle(instance_id, "Running")\n',
        "        pass\n",
        ("tests/simulation/test_drill_handover.py",),
    ),
    Mutant(
        "wish-for-pay-as-you-go-capped",
        "worker/steps/launch/request.py",
        " and not progress.wishes.pay_as_you_go and",
        " and",
        REPLAY,
    ),
    Mutant(
        "kept-and-not-deleted",
        "worker/ops/keep.py",
        "            visit.take_out(one)\n",
        "            pass\n",
        REPLAY,
    ),
    Mutant(
        "kept-twice",
        "worker/ops/keep.py",
        "        if other is one:\n",
        "        if other:\n",
        DEAD_LETTERS,
    ),
    Mutant(
        "timer-hides-what-failed",
        "worker/timed.py",
        "        if any(failed):\n",
        "        if all(failed) and not failed:\n",
        ("tests/unit/test_timed.py",),
    ),
    Mutant(
        "discards-what-is-open",
        "worker/ops/discard.py",
        'return Verdict.OPEN, "its recreation',
        'return Verdict.SETTLED, "its recreation',
        DEAD_LETTERS,
    ),
    Mutant(
        "reconcile-doubles",
        "worker/ops/reconcile.py",
        "        if any(_is_claimed(disk, one.instance, recreation) for disk in one.disks):",
        "        if False:",
        ("tests/simulation/test_reconcile.py",),
    ),
    Mutant(
        "word-for-every-stop",
        "worker/steps/retain.py",
        "    if progress.vouched and progress.vouched == source.started_at:",
        "    if progress.vouched:",
        ("tests/simulation/test_reconcile.py",),
    ),
    Mutant(
        "lineage-not-counted",
        "worker/steps/launch/lineage.py",
        "        if not earlier or not self._is_of_the_last_day(earlier, progress.t0):",
        "        if True:",
        ("tests/simulation/test_lineage.py",),
    ),
    Mutant(
        "lineage-counted-for-ever",
        "worker/core/launching.py",
        "    return (parse_time(image.created_at) or 0.0) > since",
        "    return True",
        ("tests/simulation/test_lineage.py",),
    ),
    Mutant(
        "lineage-counted-one-too-few",
        "worker/core/identity.py",
        "    number = int(match[2]) - by if match else 0",
        "    number = int(match[2]) - by + 1 if match else 0",
        ("tests/simulation/test_lineage.py",),
    ),
    Mutant(
        "replay-counts-again",
        "worker/steps/launch/lineage.py",
        "            progress=counted,\n",
        "",
        ("tests/simulation/test_lineage.py",),
    ),
    Mutant(
        "random-token",
        "worker/core/identity.py",
        "    digest = hashlib.sha256(",
        "    import os; variant = (*variant, os.urandom(8).hex())\n    digest = hashlib.sha256(",
    ),
    Mutant(
        "token-with-the-delivery",
        "worker/core/launching.py",
        "slot = (str(epoch), str(index), str(round_), *drop)",
        "slot = (str(epoch), str(index), str(round_), str(progress.received_at), *drop)",
    ),
    Mutant(
        "order-from-what-is-live",
        "worker/steps/launch/request.py",
        "        candidate = launching.candidate_in_hand(progress)\n        if not",
        "        found = launching.order(progress)\n        candidate = found[(launched.index + int(now // 7)) % len(found)]\n        if not",
    ),
    Mutant(
        "one-token-for-all-candidates",
        "worker/core/launching.py",
        "slot = (str(epoch), str(index), str(round_), *drop)",
        'slot = ("0",)',
    ),
    Mutant(
        "live-stock-skips-a-candidate",
        "worker/core/launching.py",
        "    index = launched.index + 1\n",
        "    index = launched.index + 2\n",
    ),
    Mutant(
        "order-depends-on-the-listing",
        "worker/core/ladder.py",
        "    fitting.sort(key=lambda other: _rank(own, other, policy.prefer_types))\n",
        "",
        ("tests/unit/core/test_ladder.py",),
    ),
    Mutant(
        "delete-before-send",
        "worker/consumer.py",
        "elif held.successor_sent or isinstance(decision, Finish | Acknowledge):",
        "elif held.successor_sent or isinstance(decision, Finish | Acknowledge | Checkpoint):",
    ),
    Mutant(
        "no-look-before-launch",
        "worker/steps/launch/request.py",
        "        found = self.siblings.rivals(progress)\n        others = () if found else self.siblings.replacements(progress, now)\n",
        "        found: tuple[Instance, ...] = ()\n        others = found\n",
    ),
    Mutant(
        "image-of-ours-not-looked-for",
        "worker/steps/image.py",
        "        found = self.images.find(name)\n",
        "        found: Image | None = None\n",
        ("tests/unit/steps/test_image.py",),
    ),
    Mutant(
        "image-under-our-name-taken-for-ours",
        "worker/steps/image.py",
        "        if found.tags[identity.TAG_ID] != progress.recreation_id:\n",
        "        if False:\n",
        ("tests/unit/steps/test_image.py",),
    ),
    Mutant(
        "snapshot-of-ours-not-looked-for",
        "worker/steps/image.py",
        "        for one in self.images.snapshots_of(disk_id):\n",
        "        for one in ():\n",
        LADDER,
    ),
    Mutant(
        "snapshot-of-another-taken-for-ours",
        "worker/steps/image.py",
        "            is_ours = one.tags.get(identity.TAG_ID) == progress.recreation_id\n",
        "            is_ours = True\n",
        LADDER,
    ),
    Mutant(
        "image-token-with-the-time",
        "worker/steps/image.py",
        "            token=identity.client_token(progress.recreation_id, self.name.value),\n",
        "            token=identity.client_token(progress.recreation_id, self.name.value, str(now)),\n",
        ("tests/simulation/test_single_faults.py",),
    ),
    Mutant(
        "move-token-with-the-tries",
        "worker/core/handing.py",
        "    variant = (thing.key, verb, server, str(rounds))\n",
        "    variant = (thing.key, verb, server, str(rounds), str(move.tries if move else 0))\n",
        ("tests/simulation/test_single_faults.py",),
    ),
    Mutant(
        "unanswered-move-taken-for-refused",
        "worker/steps/handover/__init__.py",
        "        if isinstance(error, Permanent):\n            return _noted(progress, chosen[0]",
        "        if not isinstance(error, Throttled):\n            return _noted(progress, chosen[0]",
        ("tests/simulation/test_single_faults.py",),
    ),
    Mutant(
        "own-launch-taken-for-that-of-another-notice",
        "worker/steps/launch/request.py",
        "        if found := found or self.siblings.ours(others, progress):\n",
        "        if found:\n",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "patience-with-the-disks-of-another-notice-is-over",
        "worker/core/launching.py",
        "    return again.marked(boots.CONFIRMED, now)\n",
        "    return again\n",
        ("tests/unit/core/test_launching.py",),
    ),
    Mutant(
        "economical-source-without-a-tag",
        "worker/steps/retain.py",
        "        if not disks or now > progress.t0 + self.policy.notice:\n",
        "        if True:\n",
        ("tests/simulation/test_economical.py",),
    ),
    Mutant(
        "disks-of-a-withdrawn-notice-taken-for-moved",
        "worker/steps/cleanup.py",
        "    is_alarm = progress.moot is Mootness.FALSE_ALARM\n    moved =",
        "    is_alarm = False\n    moved =",
        ("tests/simulation/test_economical.py",),
    ),
    Mutant(
        "disks-kept-in-economical-mode",
        "worker/steps/retain.py",
        "        if progress.economical is not None and not progress.economical.not_started:\n",
        "        if False:\n",
        ("tests/simulation/test_economical.py",),
    ),
    Mutant(
        "disks-not-kept-for-a-clone",
        "worker/steps/start.py",
        "    kept = boots.with_disks_to_keep(progress, now)\n",
        "    kept = progress\n",
        ("tests/simulation/test_economical.py",),
    ),
    Mutant(
        "disks-not-kept-again-while-the-stop-is-awaited",
        "worker/steps/launch/takeover.py",
        "            if self._are_given_back(progress):\n                return Note(launching.with_disks_given_back(progress, now))\n",
        "",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "disks-not-kept-again-before-the-end",
        "worker/steps/cleanup.py",
        "    kept = [KEEP_DISKS] if is_doubtful else []\n",
        "    kept: list[str] = []\n",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "image-of-a-notice-that-was-taken-back-is-launched-from",
        "worker/steps/launch/takeover.py",
        "        is_again = launching.is_noticed_again(progress, source)\n",
        "        is_again = False\n",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "single-looks-without-a-lock-add-up",
        "worker/steps/launch/takeover.py",
        "        progress = replace(progress, launched=replace(launched, unlocked_looks=0))\n",
        "",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "snapshots-of-an-earlier-image-without-a-date",
        "worker/steps/cleanup.py",
        "            if parts:\n",
        "            if False:\n",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "outlived-source-taken-for-done",
        "worker/steps/retain.py",
        "        if boots.is_outlived(progress, over.created_at) and not source.is_economical:\n",
        "        if False:\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "dated-disk-ends-it",
        "worker/steps/retain.py",
        "            return image if identity.TAG_DELETE_AFTER in image.tags else None\n",
        "            return image\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "late-event-of-an-outlived-source-done",
        "worker/steps/retain.py",
        "        if replacements and _is_long_before(progress, launching.winner(replacements).created_at):\n",
        "        if False:\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "late-event-of-an-outlived-image-done",
        "worker/steps/retain.py",
        "            if _is_long_before(progress, image.created_at):\n",
        "            if False:\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "stop-by-the-owner-launches",
        "worker/steps/launch/takeover.py",
        "    return is_told or progress.economical is not None\n",
        "    return True\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "start-by-the-owner-launches",
        "worker/steps/launch/takeover.py",
        '(not launched.stop_sent or source.status == "Running")',
        "not launched.stop_sent",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "missed-once-is-missing-for-ever",
        "worker/steps/launch/takeover.py",
        "        progress = launching.with_source_shown(progress)\n        if launching.is_started_again",
        "        if launching.is_started_again",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "false-alarm-does-not-let-go",
        "worker/steps/cleanup.py",
        "        return [*back, LET_GO] if back or is_alarm else []\n",
        "        return back\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "disk-of-another-instance-changed",
        "worker/steps/cleanup.py",
        "        ids = tuple(disk.disk_id for disk in self._still_its_own(progress))\n        answer = self.disks.release",
        "        ids = _to_release(progress)\n        answer = self.disks.release",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "untagged-disk-changed-unwritten",
        "worker/steps/retain.py",
        "replace(retained, tagged=True, told=True)",
        "replace(retained, tagged=True)",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "locked-source-taken-for-started",
        "worker/steps/start.py",
        "        if source.is_recycling:\n            # That",
        "        if False:\n            # That",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "second-start-taken-for-a-copy",
        "worker/core/progress.py",
        "        return self.launched.unlocked_looks + economical\n",
        "        return self.launched.unlocked_looks\n",
        ("tests/unit/core/test_progress.py",),
    ),
    Mutant(
        "stop-by-the-owner-undone",
        "worker/steps/start.py",
        '    return source.status == "Running" or is_stopped\n',
        '    return source.status == "Running"\n',
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "disks-of-another-notice-not-looked-at",
        "worker/core/launching.py",
        "_with_disks_anew(progress, boots.kept_disks(disks, progress.retained), now)",
        "with_disks_given_back(progress, now)",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "outlived-source-hidden-from-reconcile",
        "worker/ops/reconcile.py",
        "        return is_old and identity.TAG_DELETE_AFTER in image.tags\n",
        "        return False\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "skipped-after-a-crash-left-changed",
        "worker/steps/retain.py",
        "        if reason is not None and self._has_begun(source, look.disks):\n",
        "        if False:\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "interfaces-forgotten-by-a-release",
        "worker/steps/cleanup.py",
        '        return is_told or "interfaces" in self.policy.hand_over\n',
        '        return "interfaces" in self.policy.hand_over\n',
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "earlier-image-of-an-alarm-stays",
        "worker/steps/cleanup.py",
        "    is_told = progress.moot in {None, Mootness.FALSE_ALARM}\n",
        "    is_told = progress.moot is None\n",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "earlier-image-of-an-alarm-without-its-verdict",
        "worker/steps/cleanup.py",
        'self.tagging.tag("image", ids, due | verdict)',
        'self.tagging.tag("image", ids, due)',
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "interface-that-an-earlier-notice-kept-stays",
        "worker/steps/cleanup.py",
        "handing.is_kept(one, progress.instance_id)",
        "handing.is_kept(one, progress.recreation_id)",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "one-disk-that-goes-costs-all-that-are-kept",
        "worker/steps/retain.py",
        "        if own and taken:\n",
        "        if False:\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "disk-that-is-gone-and-shows-costs-all-that-are-kept",
        "worker/steps/retain.py",
        "        if own and isinstance(answer, Gone) and not retained.postponed:\n",
        "        if False:\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "disk-that-was-taken-costs-a-rung",
        "worker/steps/rungs.py",
        "for one in disks if one.given_up or boots",
        "for one in disks if boots",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "one-disk-that-goes-costs-the-date-of-all",
        "worker/steps/cleanup.py",
        "        dated = tuple(one for one in boots.copied(progress) if one in here)\n",
        "        dated = boots.copied(progress)\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "receipt-promises-a-disk-that-is-gone",
        "worker/steps/cleanup.py",
        "        lost = (*going, *(one for one in wanted if one not in here))\n",
        "        lost = going\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "receipt-promises-a-disk-that-goes-with-the-source",
        "worker/steps/cleanup.py",
        "        lost = (*going, *(one for one in wanted if one not in here))\n",
        "        lost = tuple(one for one in wanted if one not in here)\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "renamed-image-is-taken-for-vanished",
        "worker/steps/launch/imaging.py",
        "        return find_image(self.images, imaged)\n",
        "        return self.images.find(imaged.name)\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "parts-of-a-renamed-image-stay",
        "worker/steps/cleanup.py",
        "        return find_image(self.images, imaged)\n",
        "        return self.images.find(name)\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "one-too-many-comes-back-without-its-mark",
        "worker/steps/retain.py",
        "why_not_ours(source, self.policy) or why_one_too_many(source, self.instances)\n",
        "why_not_ours(source, self.policy)\n",
        ("tests/simulation/test_lineage.py",),
    ),
    Mutant(
        "one-too-many-that-is-gone-is-not-known-as-one",
        "worker/steps/retain.py",
        "        if reason := why_one_too_many(recorded.captured.instance, self.instances):\n",
        "        if reason := None:\n",
        ("tests/simulation/test_captures.py",),
    ),
    Mutant(
        "one-too-many-beside-what-was-recreated-counts-alone",
        "worker/steps/excess.py",
        "instances.find(marked) is not None or launching.not_quarantined(others, ())\n",
        "instances.find(marked) is not None\n",
        ("tests/simulation/test_lineage.py",),
    ),
    Mutant(
        "one-too-many-is-enqueued-as-lost",
        "worker/ops/reconcile.py",
        "            if extra is not None:\n",
        "            if False:\n",
        ("tests/simulation/test_reconcile.py",),
    ),
    Mutant(
        "one-too-many-counts-among-what-is-to-be-saved",
        "worker/ops/audit.py",
        "why_not_ours(one.instance, policy) or self._one_too_many(one.instance)\n",
        "why_not_ours(one.instance, policy)\n",
        ("tests/unit/ops/test_audit.py",),
    ),
    Mutant(
        "what-waits-for-a-person-is-dropped-with-the-rest",
        "worker/adapters/notifier.py",
        "            return now - one.since < self.pace.keep\n",
        "            return one.tries <= len(self.pace.again)\n",
        ("tests/unit/adapters/test_notifier.py",),
    ),
    Mutant(
        "one-too-many-is-recreated-and-nobody-asked",
        "worker/steps/launch/lineage.py",
        "        if replayed.beside and not self.siblings.rivals(replayed):\n",
        "        if False:\n",
        ("tests/simulation/test_lineage.py",),
    ),
    Mutant(
        "who-has-lost-its-message-launches",
        "worker/adapters/ecs/instances.py",
        "        if urgency.is_let_go(self.endpoint.clock.now()):\n",
        "        if False:\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "late-launch-is-in-nobodys-progress",
        "worker/consumer.py",
        "            self._pass_on_late(held, verdict)\n",
        "",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "late-launch-is-taken-for-one-that-went",
        "worker/core/launching.py",
        "    return replace(progress, launched=replace(progress.launched, accepted_at=now))\n",
        "    return progress\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "source-missed-anew-by-every-invocation",
        "worker/core/progress.py",
        "        return self.seen or self.absent_at > 0\n",
        "        return self.seen\n",
        ("tests/simulation/test_function.py",),
    ),
    Mutant(
        "disks-given-back-before-a-late-change",
        "worker/steps/cleanup.py",
        "        if now < (until := _takes_effect_by(progress)):\n            return Wait(progress, until,",
        "        if False:\n            return Wait(progress, 0.0,",
        ("tests/simulation/test_economical.py",),
    ),
    Mutant(
        "image-of-an-earlier-notice-waits-for-the-stop",
        "worker/steps/launch/takeover.py",
        "        if now > progress.t0 + self.policy.notice + boots.EARLIER_SECONDS:\n            image = self.imaging.find(progress)\n",
        "        if False:\n            image = self.imaging.find(progress)\n",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "progress-not-written-ahead",
        "worker/engine.py",
        "    return sent is None or needed != step.reads(sent)",
        "    return False",
    ),
    Mutant(
        "error-taken-for-no-stock",
        "worker/adapters/ecs/endpoint.py",
        "            raise UnknownOutcome(sentence, code=answer.code)",
        "            return Refusal(Kind.NO_STOCK, answer.code, '', Permanent(sentence))",
        ("tests/unit/adapters", "tests/simulation"),
    ),
    Mutant(
        "done-before-running",
        "worker/steps/launch/confirm.py",
        '        if replacement.status != "Running" and not _is_reclaimed(replacement):',
        '        if replacement.status == "Nowhere":',
    ),
    Mutant(
        "vanished-too-early",
        "worker/steps/launch/confirm.py",
        "        if now <= launched.accepted_at + self.policy.vanish_after:\n            lagging",
        "        if now <= launched.accepted_at + 0.01:\n            lagging",
    ),
    Mutant(
        "handle-reused-after-change",
        "worker/consumer.py",
        "replace(held.delivery, handle=lease.handle, lease_until=lease.until)",
        "replace(held.delivery, lease_until=lease.until)",
    ),
    Mutant(
        "retain-skipped",
        "worker/steps/__init__.py",
        "    Retain,\n    StartInPlace,\n",
        "    StartInPlace,\n",
    ),
    Mutant(
        "evidence-skipped",
        "worker/steps/retain.py",
        "        if not (source.is_recycling or _was_stopped_by_the_platform(source, look.disks, seen)):\n",
        "        if False:\n",
    ),
    Mutant(
        "signature-not-checked",
        "worker/core/signing.py",
        "    return any(hmac.compare_digest(given, _mac(unsigned, body, key)) for key in keys)",
        "    return True or bool(unsigned)",
        ("tests/unit/core/test_signing.py", "tests/unit/core/test_messages.py"),
    ),
    Mutant(
        "winner-rule-reversed",
        "worker/core/launching.py",
        "    return min(found, key=lambda one: (one.created_at, one.instance_id))",
        "    return max(found, key=lambda one: (one.created_at, one.instance_id))",
        ("tests/unit/core/test_launching.py",),
    ),
    Mutant(
        "swallowed-error",
        "worker/engine.py",
        "                return self._failed(step, progress, error, attempt)\n",
        "                return Done(progress)\n",
        ("tests/unit/test_engine.py",),
    ),
    Mutant(
        "takeover-skipped",
        "worker/steps/launch/takeover.py",
        '        if self.policy.takeover == "overlap":',
        "        if True:",
    ),
    Mutant(
        "one-look-decides-a-false-alarm",
        "worker/steps/launch/imaging.py",
        "        if not source.is_recycling:\n            return self.source_back.unlocked(progress, now)\n        return",
        '        if not source.is_recycling:\n            return Moot(progress, Mootness.FALSE_ALARM, "not locked")\n        return',
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "one-look-misses-the-image",
        "worker/steps/cleanup.py",
        "            if now < missed.image_absent_at + SHOW_UP_SECONDS_MAX:\n",
        "            if False:\n",
        ("tests/unit/steps/test_cleanup.py",),
    ),
    Mutant(
        "another-deployments-source",
        "worker/core/eligibility.py",
        "    if owner != policy.owner:\n",
        "    if False:\n",
    ),
    Mutant(
        "token-with-the-attempt",
        "worker/engine.py",
        "                return self._failed(step, progress, error, attempt)\n",
        "                moved = replace(progress.launched, round=progress.launched.round + 1)\n                return self._failed(step, replace(progress, launched=moved), error, attempt)\n",
    ),
    Mutant(
        "default-status-filter",
        "worker/adapters/ecs/images.py",
        '"ImageOwnerAlias": "self", "Status": "ALL"',
        '"ImageOwnerAlias": "self", "Status": "Available"',
        ("tests/unit/adapters", "tests/simulation"),
    ),
    Mutant(
        "reclaiming-pool-first",
        "worker/core/ladder.py",
        '    if policy.reclaimed_pool == "first":\n',
        "    if True:\n",
        ("tests/simulation/test_candidates.py", "tests/unit/core/test_ladder.py"),
    ),
    Mutant(
        "full-quota-skips-a-candidate",
        "worker/steps/launch/request.py",
        "        return self.sources.find(progress.instance_id) is not None\n\n    def _is_capped",
        "        return False\n\n    def _is_capped",
        ("tests/simulation/test_candidates.py",),
    ),
    Mutant(
        "pay-as-you-go-without-a-cap",
        "worker/steps/launch/request.py",
        "        return exist >= self.policy.pay_as_you_go_max\n",
        "        return exist < 0\n",
        ("tests/simulation/test_candidates.py",),
    ),
    Mutant(
        "clone-without-a-field",
        "worker/adapters/ecs/launch_parameters.py",
        '        "DeploymentSetId": spec.deployment_set,\n',
        "",
        ("tests/simulation/test_clone.py",),
    ),
    Mutant(
        "clone-lets-in-what-is-not-sold",
        "worker/adapters/ecs/launch_parameters.py",
        "min(spec.bandwidth_in, max(out, _INBOUND_LEAST_MOST))",
        "spec.bandwidth_in",
        CLONE,
    ),
    Mutant(
        "earlier-notice-adopted",
        "worker/core/boots.py",
        "    return created < begun - EARLIER_SECONDS\n",
        "    return False\n",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "replay-of-an-earlier-notice-launches",
        "worker/steps/launch/request.py",
        "        if others:\n            return self._beside(",
        "        if others and not others:\n            return self._beside(",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "own-image-taken-for-an-earlier-one",
        "worker/core/boots.py",
        "    told = progress.noticed_at or progress.t0 - notice\n",
        "    told = progress.t0 + notice\n    looked = told\n",
        ("tests/simulation/test_notices.py", "tests/simulation/test_recovery.py"),
    ),
    Mutant(
        "lost-image-parks-at-once",
        "worker/core/ladder.py",
        "    return next(iter(rungs[at + 1 :]), None)\n",
        "    return None\n",
        LADDER,
    ),
    Mutant(
        "image-asked-for-ever",
        "worker/steps/image.py",
        "        if now > max(since, progress.resumed_at) + NOT_READY_SECONDS_MAX:\n",
        "        if now < since:\n",
        LADDER,
    ),
    Mutant(
        "notice-that-is-over-taken-for-the-one-in-force",
        "worker/core/boots.py",
        "    return now if now > begun + notice + EARLIER_SECONDS else begun\n",
        "    return begun\n",
        ("tests/unit/core/test_launching.py",),
    ),
    Mutant(
        "unwatched-replacement-launched-again",
        "worker/steps/launch/confirm.py",
        "        if now > since + self.policy.vanish_after + self.policy.notice:\n",
        "        if now < since:\n",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "image-of-an-earlier-notice-undated",
        "worker/steps/cleanup.py",
        "        actions += [DATE_EARLIER_IMAGE]\n",
        "        actions += []\n",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "earlier-notice-launches-under-the-later",
        "worker/steps/launch/request.py",
        "        if over := self.superseded(progress, now):\n",
        "        if over := None:\n",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "unfinished-snapshot-taken",
        "worker/steps/rungs.py",
        "        return Note(_made_of(progress, [pair for pair in good if pair[1].is_finished], boot.lost))",
        "        return Note(_made_of(progress, good, boot.lost))",
        LADDER,
    ),
    Mutant(
        "empty-disk-for-one-that-is-in-no-image",
        "worker/core/launching.py",
        '    disks = tuple(one for one in spec.disks if one.kind == "system" or one.device not in apart)\n',
        "    disks = spec.disks\n",
        LADDER,
    ),
    Mutant(
        "disk-that-goes-with-the-source-counted-on",
        "worker/core/progress.py",
        "        return is_there and (is_kept or not disk.was_deleted_with_instance)\n",
        "        return is_there\n",
        LADDER,
    ),
    Mutant(
        "disks-in-another-zone",
        "worker/core/ladder.py",
        "    return tuple(sorted(order, key=lambda one: (not one.spot, one.zone != zone)))\n",
        "    return tuple(order)\n",
        ("tests/unit/core/test_ladder.py", *LADDER),
    ),
    Mutant(
        "re-attached-disks-leave-the-zone",
        "worker/core/ladder.py",
        "    is_bound = stays or not policy.other_zones\n",
        "    is_bound = not policy.other_zones\n",
        LADDER,
    ),
    Mutant(
        "losses-of-the-source-untold",
        "worker/steps/spec.py",
        "        for one in losses.of_source(captured, self.policy):\n",
        "        for one in ():\n",
        CLONE,
    ),
    Mutant(
        "losses-of-the-type-untold",
        "worker/core/launching.py",
        "    for parameter in losses.of_candidate(found, launched, replacement):\n",
        "    for parameter in ():\n",
        CLONE,
    ),
    Mutant(
        "losses-of-the-zone-untold",
        "worker/core/launching.py",
        "    for parameter in losses.of_zone(found.launch, launched.zone):\n",
        "    for parameter in ():\n",
        CLONE,
    ),
    Mutant(
        "what-the-type-does-by-itself-told-as-lost",
        "worker/steps/spec.py",
        "        details = replace(details, queue_number=0)\n",
        "        pass\n",
        CLONE,
    ),
    Mutant(
        "clone-without-its-storage-set",
        "worker/steps/spec.py",
        "        storage_set=storage_set,\n",
        "",
        CLONE,
    ),
    Mutant(
        "clone-in-another-partition",
        "worker/steps/spec.py",
        "        storage_set_partition=partition,\n",
        "",
        CLONE,
    ),
    Mutant(
        "clone-is-released-and-not-stopped",
        "worker/steps/spec.py",
        "        interruption_behavior=source.interruption_behavior,\n",
        "",
        CLONE,
    ),
    Mutant(
        "clone-in-one-security-group",
        "worker/steps/spec.py",
        "        security_groups=source.security_groups,\n        tags=",
        "        security_groups=source.security_groups[:1],\n        tags=",
        CLONE,
    ),
    Mutant(
        "disk-outside-its-storage-cluster",
        "worker/steps/spec.py",
        "        storage_cluster=disk.storage_cluster,\n",
        "",
        CLONE,
    ),
    Mutant(
        "removal-token-of-receiver",
        "worker/steps/handover/members.py",
        'thing, "remove", old.server)',
        'thing, "remove", progress.receiver)',
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "left-interface-without-a-date",
        "worker/steps/cleanup.py",
        "    actions += [DATE_INTERFACES] if handing.left_interfaces(progress) else []\n",
        "",
        HANDOVER,
    ),
    Mutant(
        "interface-of-another-dated",
        "worker/steps/cleanup.py",
        "        ids = tuple(one.interface_id for one in found if one.instance_id in whose)\n",
        "        ids = tuple(one.interface_id for one in found)\n",
        HANDOVER,
    ),
    Mutant(
        "interfaces-not-listed",
        "worker/adapters/ecs/leftovers.py",
        "            *self._interfaces(_tagged(TAG_RETAINED)),\n",
        "",
        (*HANDOVER, "tests/contract/test_operator_ports.py"),
    ),
    Mutant(
        "interface-in-use-listed",
        "worker/adapters/ecs/leftovers.py",
        "TAG_RETAINED in thing.tags and not thing.attached_to\n    if",
        "TAG_RETAINED in thing.tags\n    if",
        HANDOVER,
    ),
    Mutant(
        "interface-deleted-unnamed",
        "worker/core/leftovers.py",
        "    if thing.kind is Kind.INTERFACE and not is_named:\n        return Verdict(Reason.ADDRESSES)\n",
        "",
        ("tests/unit/ops/test_sweep.py",),
    ),
    Mutant(
        "tags-moved-and-not-set",
        "worker/steps/handover/tags.py",
        "        answer = self.tagging.tag(kind, (part,), lacking)\n",
        "        return Moved()\n        answer = self.tagging.tag(kind, (part,), lacking)\n",
        HANDOVER,
    ),
    Mutant(
        "tags-beyond-what-a-resource-holds",
        "worker/steps/handover/tags.py",
        "        if len(has) + len(new) > identity.TAGS_MAX:\n",
        "        if False:\n",
        HANDOVER,
    ),
    Mutant(
        "interface-leaves-its-zone",
        "worker/steps/handover/interfaces.py",
        "        if not progress.launched.heir and interface.zone != progress.launched.zone:\n",
        "        if False:\n",
        HANDOVER,
    ),
    Mutant(
        "interface-taken-from-another",
        "worker/steps/handover/interfaces.py",
        "        if found.instance_id not in progress.givers:\n",
        "        if False:\n",
        HANDOVER,
    ),
    Mutant(
        "private-address-not-asked-for",
        "worker/core/ladder.py",
        '    if policy.private_ip == "fast":\n        return tuple(order)\n',
        "    return tuple(order)\n",
        HANDOVER,
    ),
    Mutant(
        "private-address-done-without",
        "worker/core/ladder.py",
        '    must = policy.private_ip == "same_or_park"\n',
        "    must = False\n",
        ("tests/unit/core/test_ladder.py",),
    ),
    Mutant(
        "public-address-stays-static",
        "worker/steps/handover/lookup.py",
        "        is_to_convert = bool(source.public_ip) and self.policy.convert_public_ip\n",
        "        is_to_convert = bool(source.public_ip) and not self.policy.convert_public_ip\n",
        HANDOVER,
    ),
    Mutant(
        "elastic-address-untagged",
        "worker/steps/handover/lookup.py",
        "        if is_to_convert and _has(found, source.public_ip):\n",
        "        if False:\n",
        HANDOVER,
    ),
    Mutant(
        "address-of-a-twin-taken-for-lost",
        "worker/steps/handover/lookup.py",
        "        if isinstance(answer, Accepted) or self._is_elastic(progress, source):\n",
        "        if isinstance(answer, Accepted):\n",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "conversion-given-up-early",
        "worker/steps/handover/lookup.py",
        "CONVERSION_PATIENCE_SECONDS = 150.0\n",
        "CONVERSION_PATIENCE_SECONDS = 75.0\n",
        HANDOVER,
    ),
    Mutant(
        "conversion-not-written-ahead",
        "worker/steps/handover/lookup.py",
        "        return (handing.CONVERTING,)\n",
        "        return NOTHING\n",
        HANDOVER,
    ),
    Mutant(
        "address-kept-back-for-its-tag",
        "worker/steps/handover/lookup.py",
        '        if _awaits_tag(known):\n            return _untagged(progress, known, error.code or "refused")\n',
        "",
        HANDOVER,
    ),
    Mutant(
        "spare-subnets-forgotten",
        "worker/core/ladder.py",
        "            others.append((in_zone[zone], zone != source.zone, zone, vswitch))\n",
        "            continue\n",
        ("tests/unit/core/test_ladder.py", "tests/simulation/test_candidates.py"),
    ),
    Mutant(
        "subnets-of-one-zone-first",
        "worker/core/ladder.py",
        "            others.append((in_zone[zone], zone != source.zone, zone, vswitch))\n",
        "            others.append((0, zone != source.zone, zone, vswitch))\n",
        ("tests/unit/core/test_ladder.py",),
    ),
    Mutant(
        "siblings-unknown-where-the-zone-is-kept",
        "worker/steps/spec.py",
        "        vswitches = self.stock.vswitches(source.vpc)\n",
        "        vswitches = self.stock.vswitches(source.vpc) if self.policy.other_zones else ()\n",
        ("tests/simulation/test_candidates.py",),
    ),
    Mutant(
        "disk-moved-from-under-a-living-source",
        "worker/steps/handover/__init__.py",
        "        if not progress.launched.source_stopped_at:\n            return self._await_source(progress, now)\n",
        "",
        LADDER,
    ),
    Mutant(
        "traffic-before-the-disks",
        "worker/core/handing.py",
        "    open_ = tuple(one for one in open_ if isinstance(one.what, KeptDisk)) or open_\n",
        "",
        LADDER,
    ),
    Mutant(
        "member-of-a-server-group-without-its-weight",
        "worker/adapters/network/server_groups.py",
        '        server = {**_server(member), "Weight": member.weight}\n',
        "        server = _server(member)\n",
        ("tests/unit/adapters/test_network_ports.py",),
    ),
    Mutant(
        "member-of-a-classic-balancer-without-its-weight",
        "worker/adapters/network/classic.py",
        '        server = {**_server(member), "Weight": member.weight}\n',
        "        server = _server(member)\n",
        ("tests/unit/adapters/test_network_ports.py",),
    ),
    Mutant(
        "source-stays-a-member",
        "worker/steps/handover/members.py",
        "        if old is None:\n            return Moved()\n",
        "        if True:\n            return Moved()\n",
        ("tests/unit/steps/test_moves.py",),
    ),
    Mutant(
        "pair-made-twice-untold",
        "worker/steps/handover/pairs.py",
        "        return Moved(places[0].group, _spare(found, places[0])) if places else Left(TAKEN_OUT)\n",
        "        return Moved(places[0].group) if places else Left(TAKEN_OUT)\n",
        ("tests/unit/steps/test_moves.py",),
    ),
    Mutant(
        "source-not-watched-to-its-end",
        "worker/steps/handover/__init__.py",
        "        return is_moved and not launching.awaits_source(progress)\n",
        "        return is_moved\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "dropped-user-data-untold",
        "worker/steps/spec.py",
        '            drops_user_data=self.policy.user_data == "drop",\n',
        "",
        ("tests/simulation/test_user_data.py",),
    ),
    Mutant(
        "two-copies-untold",
        "worker/core/notices.py",
        "    if after.launched.beside_at and not before.launched.beside_at:\n",
        "    if False:\n",
        ("tests/simulation/test_owners.py",),
    ),
    Mutant(
        "disk-attached-before-those-that-stood-before-it",
        "worker/steps/handover/disks.py",
        "            if any(_is_to_come(_named(one, seen), replacement) for one in before):\n",
        "            if False:\n",
        LADDER,
    ),
    Mutant(
        "disk-waits-for-one-that-never-comes",
        "worker/core/handing.py",
        "        and now <= max(move.since, progress.t0 + notice) + ORDER_SECONDS_MAX\n",
        "",
        ("tests/unit/core/test_handing.py",),
    ),
    Mutant(
        "attached-disk-dated",
        "worker/core/boots.py",
        "    return tuple(one for one in (retained.to_keep if retained else ()) if one not in apart)\n",
        "    return retained.to_keep if retained else ()\n",
        LADDER,
    ),
    Mutant(
        "rescue-stops-a-source-that-serves",
        "worker/steps/launch/takeover.py",
        '        if self.policy.takeover == "wait" or progress.is_degraded:\n',
        '        if self.policy.takeover == "wait":\n',
        LADDER,
    ),
    Mutant(
        "rescue-serves",
        "worker/steps/handover/__init__.py",
        '            case Member() if progress.rung == "rescue":\n                return Left("the replacement is not set up to serve")\n',
        "",
        LADDER,
    ),
    Mutant(
        "rescue-from-an-image-of-ours",
        "worker/steps/spec.py",
        "    base = identity.read_boot_tag(source.tags.get(identity.TAG_BOOT))[1] or source.image_id\n",
        "    base = source.image_id\n",
        LADDER,
    ),
    Mutant(
        "own-snapshot-taken-for-an-automatic-one",
        "worker/steps/rungs.py",
        "        if one.automatic and identity.TAG_ID not in one.tags\n",
        "        if True\n",
        LADDER,
    ),
    Mutant(
        "oldest-automatic-snapshot",
        "worker/steps/rungs.py",
        "    return max(finished, key",
        "    return min(finished, key",
        LADDER,
    ),
    Mutant(
        "quiesce-without-a-bound",
        "worker/steps/quiesce.py",
        "        if left <= 0:\n",
        "        if left <= -60.0:\n",
        ("tests/simulation/test_quiesce.py",),
    ),
    Mutant(
        "refused-quiesce-parks",
        "worker/steps/quiesce.py",
        "        if isinstance(error, Permanent):\n            return Done",
        "        if isinstance(error, Permanent):\n            return None\n        if False:\n            return Done",
        ("tests/unit/steps/test_quiesce.py",),
    ),
    Mutant(
        "quiesce-with-a-token-of-its-time",
        "worker/steps/quiesce.py",
        "(script.kind, script.text, str(script.seconds))",
        "(script.kind, script.text, str(progress.received_at))",
        ("tests/simulation/test_quiesce.py",),
    ),
    Mutant(
        "handover-before-the-check",
        "worker/steps/handover/__init__.py",
        "        if self._is_check_due(progress):\n            return self._check.run(progress, now)\n",
        "        if self._is_check_due(progress) and not handing.unfinished(progress):\n            return self._check.run(progress, now)\n",
        ("tests/simulation/test_health.py",),
    ),
    Mutant(
        "running-taken-for-healthy",
        "worker/steps/handover/health.py",
        "        return self._failed(progress, health, why, now) if why else",
        "        return self._failed(progress, health, why, now) if not health else",
        ("tests/simulation/test_health.py",),
    ),
    Mutant(
        "unhealthy-replacement-served",
        "worker/steps/handover/health.py",
        '        if check.otherwise == "hold":\n',
        "        if False:\n",
        ("tests/simulation/test_health.py",),
    ),
    Mutant(
        "user-data-in-plain",
        "worker/adapters/ecs/sources.py",
        "        sealed = self.sealing.seal(text, about=recreation)\n",
        "        sealed = text\n",
        ("tests/simulation/test_user_data.py",),
    ),
    Mutant(
        "user-data-always-again",
        "worker/steps/spec.py",
        '        return self.policy.user_data == "rerun" and captured.user_data is None\n',
        "        return captured.user_data is None\n",
        ("tests/simulation/test_user_data.py",),
    ),
    Mutant(
        "capture-of-anywhere",
        "worker/adapters/captures.py",
        "        if place == (self.account, self.region, instance_id):",
        "        if place:",
        ("tests/unit/adapters/test_captures.py", "tests/simulation/test_captures.py"),
    ),
    Mutant(
        "late-event-launches-from-nothing",
        "worker/steps/retain.py",
        "        if image is not None and ours and is_released:\n",
        "        if image is not None and is_released:\n",
        ("tests/simulation/test_captures.py", "tests/unit/steps"),
    ),
    Mutant(
        "half-a-source-captured",
        "worker/steps/spec.py",
        "        if look.instance is None or not _is_whole(look):\n",
        "        if look.instance is None:\n",
        ("tests/unit/steps/test_spec.py",),
    ),
    Mutant(
        "address-bound-to-what-goes",
        "worker/steps/handover/__init__.py",
        "            if orphaned is not None:\n",
        "            if orphaned is None and orphaned is not None:\n",
        ("tests/simulation/test_handover.py",),
    ),
    Mutant(
        "late-start-not-marked",
        "worker/core/launching.py",
        '    return source.status in {"Starting", "Running"} and is_started_again(progress, source)\n',
        "    return False\n",
        ("tests/simulation/test_recovery.py",),
    ),
    Mutant(
        "interfaces-not-given-back",
        "worker/steps/cleanup.py",
        "            return (RESTORE_INTERFACES, *actions)\n",
        "            return actions\n",
        ("tests/simulation/test_handover.py",),
    ),
    Mutant(
        "stuck-candidate-for-ever",
        "worker/steps/launch/request.py",
        "        if progress.launched.round >= ROUNDS_MAX:\n",
        "        if progress.launched.round < 0:\n",
        ("tests/simulation/test_candidates.py",),
    ),
    Mutant(
        "member-by-address-moved",
        "worker/steps/handover/lookup.py",
        "        found = self.balancers.members((*ids, *addresses))\n",
        "        found = self.balancers.members(ids)\n",
        ("tests/simulation/test_handover.py",),
    ),
    Mutant(
        "counted-image-swept",
        "worker/core/leftovers.py",
        "        if due_at <= now < counted_until:\n",
        "        if False:\n",
        ("tests/unit/core/test_leftovers.py",),
    ),
    Mutant(
        "leftovers-not-dated",
        "worker/steps/cleanup.py",
        "    return (*kept, *actions, *images)\n",
        "    return (*kept, *actions)\n",
    ),
    Mutant(
        "finished-successor-cleans-up-again",
        "worker/steps/cleanup.py",
        "        return due - self.policy.leftovers_kept < now - ENDS_SECONDS_MAX\n",
        "        return False\n",
        ("tests/simulation/test_forged.py",),
    ),
    Mutant(
        "pair-made-again-and-again",
        "worker/steps/handover/pairs.py",
        "        if not alike:\n",
        "        if True:\n",
        ("tests/simulation/test_handover.py",),
    ),
    Mutant(
        "pair-led-away-from-where-somebody-wants-it",
        "worker/steps/handover/pairs.py",
        "        return not is_taken and any(",
        "        return True or any(",
        ("tests/unit/steps/test_moves.py",),
    ),
    Mutant(
        "pair-without-the-partners-replacement",
        "worker/steps/handover/pairs.py",
        "        return one.moved_to(launching.winner(running).instance_id) if running else one\n",
        "        return one\n",
        ("tests/simulation/test_handover.py",),
    ),
    Mutant(
        "member-of-what-goes",
        "worker/steps/handover/__init__.py",
        "HERITABLE = (Address, Member, Interface)",
        "HERITABLE = (Address,)",
        ("tests/simulation/test_handover.py",),
    ),
    Mutant(
        "interface-of-what-goes",
        "worker/steps/handover/__init__.py",
        "HERITABLE = (Address, Member, Interface)",
        "HERITABLE = (Address, Member)",
        ("tests/simulation/test_handover.py",),
    ),
    Mutant(
        "heir-beside-one-that-serves",
        "worker/steps/handover/__init__.py",
        "        if heirs and not serves:\n",
        "        if heirs:\n",
        ("tests/simulation/test_handover.py",),
    ),
    Mutant(
        "address-left-on-the-first-heir",
        "worker/steps/handover/addresses.py",
        "        if found.target not in progress.givers:\n",
        "        if found.target != progress.instance_id:\n",
        ("tests/unit/steps/test_moves.py",),
    ),
    Mutant(
        "moves-before-the-stop",
        "worker/steps/handover/__init__.py",
        '        if source is None or source.status == "Stopped":\n            return Note(launching.with_stopped_source',
        "        if True:\n            return Note(launching.with_stopped_source",
        ("tests/simulation/test_handover.py",),
    ),
    Mutant(
        "recorded-disks-as-they-are-now",
        "worker/core/recorded.py",
        "        replace(\n            disk,\n            status",
        "        replace(\n            known[disk.disk_id],\n            status",
        ("tests/simulation/test_captures.py",),
    ),
    Mutant(
        "rescue-of-a-disk-in-use",
        "worker/core/recorded.py",
        "    if taken is not None:\n",
        "    if False:\n",
        ("tests/simulation/test_captures.py",),
    ),
    Mutant(
        "rescue-of-what-is-settled",
        "worker/core/recorded.py",
        "    if any(identity.TAG_DELETE_AFTER in disk.tags for disk in disks):\n",
        "    if False:\n",
        ("tests/simulation/test_captures.py",),
    ),
    Mutant(
        "lower-rung-before-the-specification",
        "worker/steps/image.py",
        "        if progress.boot is not None and progress.specified is None and not progress.imaged:\n",
        "        if False:\n",
        ("tests/simulation/test_captures.py",),
    ),
    Mutant(
        "rescue-with-an-empty-disk",
        "worker/core/launching.py",
        '    if progress.rung == "rescue":\n        apart',
        "    if False:\n        apart",
        ("tests/simulation/test_captures.py",),
    ),
    Mutant(
        "recorded-address-forgotten",
        "worker/steps/handover/lookup.py",
        "        if not found and source.eip_allocation:\n",
        "        if False:\n",
        ("tests/simulation/test_captures.py",),
    ),
    Mutant(
        "interruption-in-one-spelling-only",
        "worker/core/events.py",
        "    return isinstance(name, str) and _speaks_of_interruption(name)\n",
        "    return name in (EVENT_TYPE, EVENT_NAME)\n",
        ("tests/unit/core/test_events.py",),
    ),
    Mutant(
        "notice-covered-by-one-that-is-over",
        "worker/consumer.py",
        "        is_open = first.retained is None and first.moot is None and not ahead.working\n",
        "        is_open = first.retained is None and not ahead.working\n",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "failed-call-of-a-function-let-go",
        "worker/core/events.py",
        '        yield from _of_failed_call(value["requestPayload"], wrappings)\n',
        '        yield Ignored("the record of a call")\n',
        ("tests/unit/core/test_event_samples.py",),
    ),
    Mutant(
        "interruption-in-an-unknown-wrapper-let-go",
        "worker/core/events.py",
        "    if _speaks_of_interruption(json.dumps(event, ensure_ascii=False)):\n",
        '    if _speaks_of_interruption(""):\n',
        ("tests/unit/core/test_events.py",),
    ),
    Mutant(
        "unknown-object-with-an-instance-let-go",
        "worker/core/events.py",
        "    if _INSTANCE.search(json.dumps(value, ensure_ascii=False)):\n",
        '    if "instance" in json.dumps(value):\n',
        ("tests/unit/core/test_events.py",),
    ),
    Mutant(
        "tags-of-parts-fill-the-message",
        "worker/core/messages.py",
        '    ("the tags of single disks and interfaces", _without_tags_of_parts),\n',
        '    ("the tags of single disks and interfaces", _without_refusals),\n',
        ("tests/unit/core/test_messages.py",),
    ),
    Mutant(
        "written-what-is-never-read-again",
        "worker/core/messages.py",
        "        if _size(encoded) <= room and len(plain) <= PLAIN_BYTES_MAX:\n",
        "        if _size(encoded) <= room:\n",
        ("tests/unit/core/test_messages.py",),
    ),
    Mutant(
        "parked-with-what-does-not-fit",
        "worker/core/messages.py",
        "        readable |= data if is_small else {}\n",
        "        readable |= data\n",
        ("tests/unit/core/test_messages.py",),
    ),
    Mutant(
        "defect-in-a-report-ends-the-worker",
        "worker/consumer.py",
        '                self._safely("handle", getattr(item, "held", None), partial(self._handle, item))\n',
        "                self._handle(item)\n",
        ("tests/simulation/test_defects.py",),
    ),
    Mutant(
        "defect-at-its-time-ends-the-worker",
        "worker/consumer.py",
        '                self._safely("wake", held, partial(self._wake, held, now))\n',
        "                self._wake(held, now)\n",
        ("tests/simulation/test_defects.py",),
    ),
    Mutant(
        "defect-without-the-line-of-its-delivery",
        "worker/consumer.py",
        '            self._tell_ended(held, "bug")\n',
        "            pass\n",
        ("tests/simulation/test_defects.py",),
    ),
    Mutant(
        "defect-of-one-message-costs-its-batch",
        "worker/consumer.py",
        '        self._safely("admit", held, partial(self._admitted, held, reading))\n',
        "        self._admitted(held, reading)\n",
        ("tests/simulation/test_defects.py",),
    ),
    Mutant(
        "defect-of-a-step-costs-the-line",
        "worker/consumer.py",
        '                "step": self._step_told(progress),\n',
        '                "step": self._step_name(progress),\n',
        ("tests/simulation/test_defects.py",),
    ),
    Mutant(
        "defect-in-telling-costs-the-line",
        "worker/consumer.py",
        "            finally:\n"
        "                # It is settled, whatever becomes of the telling.\n"
        "                self._tell_ended(",
        "            finally:\n"
        "                pass\n"
        "            if self._is_ours(held):\n"
        "                self._tell_ended(",
        ("tests/simulation/test_defects.py",),
    ),
    Mutant(
        "second-notice-is-not-told-to-the-first",
        "worker/consumer.py",
        "        if not self._knows(ahead, ahead.progress, behind.progress):\n",
        "        if False:\n",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "second-notice-stands-in-no-message",
        "worker/consumer.py",
        "        if not boots.has_begun(told):\n",
        "        if told:\n",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "second-notice-is-covered-before-it-is-said",
        "worker/consumer.py",
        "            return is_said or not boots.has_begun(progress)\n",
        "            return True\n",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "image-of-the-first-notice-is-as-good",
        "worker/core/boots.py",
        "    return _image_begun(progress, progress.imaged) + APART_SECONDS < counts\n",
        "    return False\n",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "image-anew-without-time",
        "worker/core/boots.py",
        "    return now + _took(launched, begun, notice) + ANEW_SECONDS <= ends\n",
        "    return True\n",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "event-alone-moves-the-end",
        "worker/core/boots.py",
        "        ends = begun + notice\n",
        "        ends = notice_begun(progress, notice, now) + notice\n",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "disks-ahead-of-the-image-dated",
        "worker/core/boots.py",
        "    if is_behind(progress):\n        return ()\n",
        "",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "disks-ahead-of-the-image-unnamed",
        "worker/steps/cleanup.py",
        "    return [*dated, TELL_OF_DISKS] if is_behind else dated\n",
        "    return dated\n",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "second-notice-does-not-stand-on-the-image",
        "worker/steps/launch/imaging.py",
        "        if boots.is_behind(progress) and not is_told:\n",
        "        if False:\n",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "source-stopped-under-a-later-image",
        "worker/steps/launch/takeover.py",
        "        if boots.is_behind(progress) and (over := self.request.superseded(progress, now)):\n",
        "        if over := None:\n",
        ("tests/simulation/test_second_notice.py",),
    ),
    Mutant(
        "late-message-of-a-second-notice-let-go",
        "worker/steps/ended.py",
        "    counts = progress.last_noticed_at\n",
        "    counts = 0.0\n",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "long-over-waits-for-long-over",
        "worker/adapters/limiter.py",
        "            return self.in_time(now) > 0\n",
        "            return self.keys[0][0] < asking.key(now)\n",
        ("tests/unit/adapters/test_limiter.py",),
    ),
    Mutant(
        "own-word-on-the-image-taken-for-anothers",
        "worker/steps/ended.py",
        "identity.TAG_TOLD",
        "identity.TAG_RENOTICED",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "twin-that-knew-less-has-the-last-word",
        "worker/steps/cleanup.py",
        "            progress = launching.with_notice_on(progress, image)\n",
        "            pass\n",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "half-a-character-stops-a-receipt",
        "worker/adapters/files.py",
        'encoding="utf-8", errors="backslashreplace") as file:\n',
        'encoding="utf-8") as file:\n',
        ("tests/unit/adapters/test_receipts.py",),
    ),
    Mutant(
        "key-refused-for-a-while-parks",
        "worker/engine.py",
        "        is_in_time = now < progress.patient_since + self.policy.notice\n",
        "        is_in_time = False\n",
        ("tests/unit/test_engine.py",),
    ),
    Mutant(
        "key-refused-by-the-queue-parks",
        "worker/consumer.py",
        "        if isinstance(error, Permanent) and not isinstance(error, Unauthenticated):\n",
        "        if isinstance(error, Permanent):\n",
        ("tests/simulation/test_credentials.py",),
    ),
    Mutant(
        "request-that-came-twice-parks",
        "worker/adapters/error_map.py",
        '    _Group(ANY_ACTION, _UNKNOWN, "SignatureNonceUsed"),\n',
        '    _Group(ANY_ACTION, _UNKNOWN, ""),\n',
        ("tests/unit/adapters/test_error_map.py",),
    ),
    Mutant(
        "status-without-a-code-refuses",
        "worker/adapters/error_map.py",
        "    found = found or _BY_STATUS.get(status)\n",
        "    found = found or None\n",
        ("tests/unit/adapters/test_error_map.py",),
    ),
    Mutant(
        "image-of-the-first-notice-s-snapshots-is-launched-from",
        "worker/core/launching.py",
        '    is_of_it = progress.rung in {"image", "snapshots"}\n',
        '    is_of_it = progress.rung == "image"\n',
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "image-of-the-first-notice-s-snapshots-without-a-date",
        "worker/core/launching.py",
        "        earlier=(*again.earlier, *besides),\n",
        "",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "names-of-a-second-notice-from-what-its-event-does-not-meet",
        "worker/steps/launch/imaging.py",
        "        return self.begin_again(progress, first, look, now, besides=(image.image_id,))\n",
        "        return self.begin_again(progress, image, look, now, besides=(first.image_id,))\n",
        ("tests/simulation/test_notices.py",),
    ),
    Mutant(
        "server-group-in-use-swept",
        "worker/core/leftovers.py",
        "        return Verdict(Reason.USED, thing.attached_to) if thing.attached_to else None\n",
        "        return None\n",
        ("tests/unit/ops/test_sweep.py",),
    ),
    Mutant(
        "server-group-swept-while-it-is-made",
        "worker/core/leftovers.py",
        "    due_at = thing.created_at + DAY_SECONDS\n    return",
        "    due_at = thing.created_at\n    return",
        ("tests/unit/ops/test_sweep.py",),
    ),
    Mutant(
        "server-group-that-nothing-leads-to-unlisted",
        "worker/operators.py",
        "(endpoint, with_pairs=handover.load_balancers, with_addresses=True)",
        "(endpoint, with_addresses=True)",
        ("tests/unit/ops/test_sweep.py",),
    ),
    Mutant(
        "address-left-behind-unlisted",
        "worker/operators.py",
        "(endpoint, with_pairs=handover.load_balancers, with_addresses=True)",
        "(endpoint, with_pairs=handover.load_balancers)",
        ("tests/unit/ops/test_sweep.py",),
    ),
    Mutant(
        "address-left-behind-swept",
        "worker/core/leftovers.py",
        "    if thing.kind is Kind.ADDRESS:\n",
        "    if False:\n",
        ("tests/unit/core/test_leftovers.py",),
    ),
    Mutant(
        "interfaces-given-back-before-they-are-kept",
        "worker/steps/cleanup.py",
        "    return known.since + PATIENCE_SECONDS + boots.EFFECT_SECONDS_MAX\n",
        "    return 0.0\n",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "disk-under-another-device-untold",
        "worker/steps/handover/disks.py",
        "            return Moved(_other_device(found, disk)) if",
        "            return Moved() if",
        LADDER,
    ),
    Mutant(
        "late-look-at-an-image-taken-for-its-end",
        "worker/steps/launch/siblings.py",
        "    usable_since = max(launched.image_unready_at, launched.image_begun_at)\n",
        "    usable_since = launched.image_usable_at\n",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "disks-given-back-before-they-are-kept",
        "worker/steps/retain.py",
        "sent=True, sent_at=now, refused=UNANSWERED",
        "sent=True, refused=UNANSWERED",
        ("tests/simulation/test_regressions.py",),
    ),
    Mutant(
        "refused-look-at-interfaces-holds-the-receipt",
        "worker/steps/cleanup.py",
        "        if isinstance(error, Transient) or action not in {RESTORE_INTERFACES, DATE_INTERFACES}:\n",
        "        if error is not None:\n",
        ("tests/simulation/test_regressions.py",),
    ),
)

UNCHANGED = Mutant(
    "unchanged",
    "worker/__init__.py",
    "__version__",
    "__version__",
    ("tests/simulation", "tests/unit/core", "tests/unit/adapters"),
)


@contextmanager
def copied(mutant: Mutant) -> Iterator[Path]:
    """Make the mutant in a copy of the tree; what is compiled is copied too, for speed alone."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as directory:
        copy = Path(directory)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name)
            else:
                shutil.copy(source, copy / name)
        target = copy / mutant.file
        text = target.read_text(encoding="utf-8")
        if text.count(mutant.old) != 1:
            raise SystemExit(f"{mutant.name}: {mutant.file} has changed; write the mutant anew")
        target.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        yield copy


def guard_in(copy: Path, tests: Sequence[str], name: str) -> str:
    """Run tests in a copy until one fails, and name it; empty when none does."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS_MAX,
        check=False,
    )
    # 1 is "tests failed"; anything else would prove nothing.
    if done.returncode not in (0, 1):
        raise SystemExit(f"{name}: the tests did not run\n{done.stdout[-2000:]}")
    if done.returncode == 0:
        return ""
    failed = _FAILED.search(done.stdout)
    if failed is None:
        raise SystemExit(f"{name}: no test is named as failed\n{done.stdout[-2000:]}")
    return failed[1]


def guard_of(mutant: Mutant, known: str) -> str:
    """Name the test that turns red, beginning with the one that did so before."""
    with copied(mutant) as copy:
        is_there = bool(known) and (ROOT / known.split("::", maxsplit=1)[0]).exists()
        again = guard_in(copy, (known,), mutant.name) if is_there else ""
        return again or guard_in(copy, mutant.tests, mutant.name)


def main() -> int:
    """Run the mutants named on the command line, or all of them."""
    wanted = {one for one in sys.argv[1:] if one != "--note"}
    commit = searched.commit() if "--note" in sys.argv[1:] else ""
    begun = time.monotonic()
    chosen = [one for one in MUTANTS if not wanted or one.name in wanted]
    known: dict[str, str] = json.loads(GUARDS.read_text(encoding="utf-8"))
    with copied(UNCHANGED) as copy:
        guards = {known.get(one.name, "") for one in chosen}
        red = guard_in(copy, UNCHANGED.tests if "" in guards else sorted(guards), UNCHANGED.name)
    if red:
        print(f"{red} is red without any mutant; mend that first")
        return 1
    survivors = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda one: guard_of(one, known.get(one.name, "")), chosen)
        for mutant, guard in zip(chosen, found, strict=True):
            print(f"{'caught  ' if guard else 'SURVIVED'}  {mutant.name}  {guard}", flush=True)
            survivors += [] if guard else [mutant.name]
            known = {**known, mutant.name: guard}
            _keep(known)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants caught")
    if commit:
        seen = f"{len(chosen) - len(survivors)} of {len(MUTANTS)} mutants caught"
        seconds = time.monotonic() - begun
        trials.note(Record("mutants", commit, len(chosen), len(survivors), seen, seconds))
    return 1 if survivors else 0


def _keep(known: dict[str, str]) -> None:
    """Write down who catches whom, in the order of the list."""
    kept = {one.name: known[one.name] for one in MUTANTS if known.get(one.name)}
    GUARDS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
