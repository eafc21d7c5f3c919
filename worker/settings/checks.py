"""Combinations of settings that cannot work, each as a named check.

A check gets settings whose every single value is valid and yields the problems it finds: the path to change, what is wrong,
and what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from worker.settings.endpoints import API_NAMES
from worker.settings.names import is_loopback
from worker.settings.problems import Problem
from worker.settings.receives import receives_needed
from worker.settings.units import format_duration

if TYPE_CHECKING:
    from worker.settings.model import Settings

LEASE_MARGIN_SECONDS = 10.0


def queues_are_three(settings: Settings) -> Iterator[Problem]:
    """A queue that is its own dead-letter queue would circulate what it gives up on."""
    queue = settings.queue
    if queue.dead_letter_name == queue.name:
        yield Problem(
            "queue.dead_letter_name", "is the queue itself", "write another name", found=queue.name
        )
    if queue.delivery_dead_letter_name in {queue.name, queue.dead_letter_name}:
        yield Problem(
            "queue.delivery_dead_letter_name",
            "is another of our queues",
            "write a name of its own, so that undelivered events are told from parked ones",
            found=queue.delivery_dead_letter_name,
        )


def lease_outlasts_the_slowest_call(settings: Settings) -> Iterator[Problem]:
    """A lease that ends while a call is still waiting gives the message to a second worker."""
    queue, worker = settings.queue, settings.worker
    slowest = worker.connect_timeout + queue.long_poll + worker.read_timeout
    least = slowest + LEASE_MARGIN_SECONDS
    if queue.lease < least:
        yield Problem(
            "queue.lease",
            f"must outlast the slowest call (connect_timeout + long_poll + read_timeout = {format_duration(slowest)}) by "
            f"{format_duration(LEASE_MARGIN_SECONDS)}",
            f"write {format_duration(least)} or more",
            found=format_duration(queue.lease),
        )


def receives_fit_the_limit(settings: Settings) -> Iterator[Problem]:
    """The queue must not park a recreation that only waits."""
    needed = receives_needed(settings.notice, settings.worker)
    if settings.queue.max_receive_count < needed.total:
        yield Problem(
            "queue.max_receive_count",
            f"is less than one recreation may need: {needed.delivery} delivery, {needed.hand_backs} hand-backs "
            f"(notice.give_up_after / worker.hand_back_every) and {needed.crashes} crashes",
            f"write {needed.total} or more",
            found=settings.queue.max_receive_count,
        )


def recreation_ends_before_its_message(settings: Settings) -> Iterator[Problem]:
    """The cloud drops a message at the end of its retention, held or not."""
    if settings.notice.give_up_after >= settings.queue.retention:
        yield Problem(
            "notice.give_up_after",
            f"must be less than queue.retention ({format_duration(settings.queue.retention)}), or the message is lost first",
            "write less, or raise queue.retention",
            found=format_duration(settings.notice.give_up_after),
        )


def takeover_comes_before_the_release(settings: Settings) -> Iterator[Problem]:
    """After the release there is no source to take over from."""
    if settings.launch.takeover_latest >= settings.notice.length:
        yield Problem(
            "launch.takeover_latest",
            f"must be less than notice.length ({format_duration(settings.notice.length)})",
            "write less, such as 240s",
            found=format_duration(settings.launch.takeover_latest),
        )


def false_alarm_is_told_after_the_release(settings: Settings) -> Iterator[Problem]:
    """Before the notice has run out a running instance proves nothing."""
    if settings.notice.false_alarm_after <= settings.notice.length:
        yield Problem(
            "notice.false_alarm_after",
            f"must be more than notice.length ({format_duration(settings.notice.length)})",
            "write more, such as 10m",
            found=format_duration(settings.notice.false_alarm_after),
        )


def polls_are_ordered(settings: Settings) -> Iterator[Problem]:
    """The shortest pause is the shortest."""
    if settings.image.poll_min > settings.image.poll_max:
        yield Problem(
            "image.poll_min",
            f"must not be more than image.poll_max ({format_duration(settings.image.poll_max)})",
            "write less, such as 2s",
            found=format_duration(settings.image.poll_min),
        )


def fallbacks_are_tried_once(settings: Settings) -> Iterator[Problem]:
    """What could not be had once is not had the second time."""
    fallbacks = settings.clone.fallbacks
    if len(set(fallbacks)) < len(fallbacks):
        yield Problem(
            "clone.fallbacks", "names one twice", "name each once", found=", ".join(fallbacks)
        )


def waits_end_before_giving_up(settings: Settings) -> Iterator[Problem]:
    """A wait that is longer than the recreation never reaches its own end."""
    end = settings.notice.give_up_after
    waits = {
        "image.wait_max": settings.image.wait_max,
        "launch.running_wait_max": settings.launch.running_wait_max,
    }
    for path, wait in waits.items():
        if wait >= end:
            yield Problem(
                path,
                f"must be less than notice.give_up_after ({format_duration(end)})",
                "write less, or raise notice.give_up_after",
                found=format_duration(wait),
            )


def vanishing_is_noticed_before_the_wait_ends(settings: Settings) -> Iterator[Problem]:
    """A vanished replacement must be told from a slow one while there is time for another."""
    if settings.launch.vanish_after >= settings.launch.running_wait_max:
        yield Problem(
            "launch.vanish_after",
            f"must be less than launch.running_wait_max ({format_duration(settings.launch.running_wait_max)})",
            "write less, such as 200s",
            found=format_duration(settings.launch.vanish_after),
        )


def converted_address_is_handed_over(settings: Settings) -> Iterator[Problem]:
    """An elastic address that nobody moves costs money and serves nobody."""
    if settings.handover.convert_public_ip and not settings.handover.eip:
        yield Problem(
            "handover.convert_public_ip",
            "makes an elastic address that handover.eip does not carry over",
            "write handover.eip: true, or handover.convert_public_ip: false",
            found=settings.handover.convert_public_ip,
        )


def health_check_is_complete(settings: Settings) -> Iterator[Problem]:
    """A check that cannot be made would hold every handover."""
    health = settings.health
    if health.check in {"tcp", "http"} and health.port is None:
        yield Problem(
            "health.port",
            f"is missing for health.check: {health.check}",
            "write the port of your service",
            found=None,
        )
    if health.check == "command" and health.command is None:
        yield Problem(
            "health.command", "is missing for health.check: command", "write the script", found=None
        )
    if (
        health.check in {"tcp", "http"}
        and health.address == "elastic"
        and not settings.handover.eip
    ):
        yield Problem(
            "health.address",
            "asks an elastic address that handover.eip does not carry over",
            "write health.address: private, or handover.eip: true",
            found=health.address,
        )
    if health.within >= settings.notice.give_up_after:
        yield Problem(
            "health.within",
            f"must be less than notice.give_up_after ({format_duration(settings.notice.give_up_after)})",
            "write less, such as 5m",
            found=format_duration(health.within),
        )


def batch_fits_what_may_be_held(settings: Settings) -> Iterator[Problem]:
    """A receive may bring a whole batch, and all of it must be held."""
    if settings.queue.receive_batch > settings.worker.held_max:
        yield Problem(
            "worker.held_max",
            f"must be at least queue.receive_batch ({settings.queue.receive_batch})",
            f"write {settings.queue.receive_batch} or more",
            found=settings.worker.held_max,
        )


def selection_is_not_empty(settings: Settings) -> Iterator[Problem]:
    """A tag that is both required and skipped selects nothing at all."""
    for key, value in settings.select.tags.items():
        if key in settings.select.skip_tags and settings.select.skip_tags[key] in {None, value}:
            yield Problem(
                f"select.skip_tags.{key}",
                "skips what select.tags asks for, so that nothing is selected",
                "take it out of one of the two",
                found=settings.select.skip_tags[key],
            )


def preferred_types_are_allowed(settings: Settings) -> Iterator[Problem]:
    """The same pattern on both lists is a slip of one of them."""
    for pattern in settings.launch.prefer_types:
        if pattern in settings.launch.forbid_types:
            yield Problem(
                "launch.prefer_types",
                "prefers what launch.forbid_types forbids",
                "take it out of one",
                found=pattern,
            )


def families_have_a_use(settings: Settings) -> Iterator[Problem]:
    """Families say which other types may be launched; with none allowed they say nothing."""
    launch = settings.launch
    if launch.families and launch.same_type_only:
        yield Problem(
            "launch.families",
            "allows other types while launch.same_type_only forbids them",
            "write [] here, or launch.same_type_only: false",
            found=list(launch.families),
        )


def requests_are_private(settings: Settings) -> Iterator[Problem]:
    """Plain http is for this machine and for the queue's internal host, which has nothing else."""
    for name in API_NAMES:
        url = getattr(settings.urls, name)
        internal_queue = name == "mns" and "-internal" in (urlsplit(url).hostname or "")
        if url.startswith("http://") and not is_loopback(url) and not internal_queue:
            yield Problem(
                f"endpoints.{name}",
                "is plain http",
                f"write https{url.removeprefix('http')}",
                found=url,
            )


def virtual_time_stays_on_this_machine(settings: Settings) -> Iterator[Problem]:
    """An emulator's time must never decide about real servers."""
    if settings.clock.emulator is None:
        return
    if not is_loopback(settings.clock.emulator):
        yield Problem(
            "clock.emulator",
            "is not on this machine",
            "write http://127.0.0.1:PORT, or null for real time",
            found=settings.clock.emulator,
        )
    for name in API_NAMES:
        url = getattr(settings.urls, name)
        if not is_loopback(url):
            yield Problem(
                f"endpoints.{name}",
                "is a real address while clock.emulator sets virtual time",
                "write the emulator's address, or clock.emulator: null",
                found=url,
            )


def pages_have_a_place(settings: Settings) -> Iterator[Problem]:
    """A page goes beside its receipt."""
    if settings.receipts.html and settings.receipts.directory is None:
        yield Problem(
            "receipts.html",
            "keeps pages while receipts.directory is not set",
            "set receipts.directory, or write false",
            found=True,
        )


def keys_are_in_order(settings: Settings) -> Iterator[Problem]:
    """A previous key without a current one is a half-done rotation."""
    if settings.secrets.signing_key is None and settings.secrets.signing_key_previous is not None:
        yield Problem(
            "ALIYUN_OPS_SIGNING_KEY",
            "is not set while ALIYUN_OPS_SIGNING_KEY_PREVIOUS is",
            "set the new key there, and the old one as the previous",
        )


CHECKS: tuple[Callable[[Settings], Iterator[Problem]], ...] = (
    queues_are_three,
    lease_outlasts_the_slowest_call,
    receives_fit_the_limit,
    recreation_ends_before_its_message,
    takeover_comes_before_the_release,
    false_alarm_is_told_after_the_release,
    polls_are_ordered,
    fallbacks_are_tried_once,
    waits_end_before_giving_up,
    vanishing_is_noticed_before_the_wait_ends,
    converted_address_is_handed_over,
    health_check_is_complete,
    batch_fits_what_may_be_held,
    selection_is_not_empty,
    preferred_types_are_allowed,
    families_have_a_use,
    requests_are_private,
    virtual_time_stays_on_this_machine,
    pages_have_a_place,
    keys_are_in_order,
)


def impossible_combinations(settings: Settings) -> tuple[Problem, ...]:
    """Run every check and return all that they find."""
    return tuple(problem for check in CHECKS for problem in check(settings))
