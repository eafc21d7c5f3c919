"""Interruption of a spot instance: event, lock, orderly stop, release.

T0 is the platform's decision. The lock and the event follow, the platform may stop the instance
shortly before the end, and at T0 + notice it is gone: what is on kept disks stays. An instance in
economical mode is stopped instead and gives only its CPU and memory away.
"""

from dataclasses import dataclass

from emulator.state.ecs import lifecycle
from emulator.state.ecs.events import publish_interruption
from emulator.state.ecs.records import Instance, Interruption
from emulator.state.ecs.region import EcsRegion
from emulator.state.errors import ApiError

# Seconds from the notice to the release. Source: "Spot instances", overview.
NOTICE_SECONDS = 300.0
# Value of `stop_before` that leaves the matter to `Assumptions.platform_stop_lead_seconds`.
ASSUMED = -1.0
RECYCLING = "Recycling"


@dataclass(frozen=True, slots=True)
class Notice:
    """How one interruption goes.

    Attributes:
        seconds: From the decision to the release.
        publish_event: Publish the event at all.
        event_delay: Seconds from the decision to the event.
        lock: Lock the instance at all.
        lock_delay: Seconds until describes show the lock; None takes the settings'.
        stop_before: Seconds between the platform's stop and the release; None: no stop.
    """

    seconds: float = NOTICE_SECONDS
    publish_event: bool = True
    event_delay: float = 0.0
    lock: bool = True
    lock_delay: float | None = None
    stop_before: float | None = ASSUMED


def interrupt(region: EcsRegion, instance_id: str, now: float, notice: Notice) -> Interruption:
    """Begin to take a spot instance; a second notice to the same instance changes nothing.

    Raises:
        ApiError: There is no such instance, or it is no spot instance.
    """
    instance = region.instance(instance_id)
    if not instance.is_spot:
        raise ApiError(400, "InvalidParameter", f"{instance_id} is no spot instance.")
    if instance.interruption is not None:
        return instance.interruption
    bits = region.world.rng.getrandbits(128)
    event_id = f"{bits >> 96:08x}-{bits >> 80 & 0xFFFF:04x}-{bits & (1 << 80) - 1:020x}"
    interruption = Interruption(now, now + notice.seconds, event_id)
    instance.interruption = interruption
    if notice.lock:
        delay = notice.lock_delay
        instance.locks[RECYCLING] = now + (
            region.settings.lock_delay_seconds if delay is None else delay
        )
    region.platform(
        now, "Interrupt", instance_id, event_id=event_id, release_at=interruption.release_at
    )
    _plan(region, instance, interruption, notice)
    return interruption


def _plan(
    region: EcsRegion, instance: Instance, interruption: Interruption, notice: Notice
) -> None:
    at, timers = region.world.scheduler.at, interruption.timers
    t0, end = interruption.t0, interruption.release_at
    economical = instance.options.spot_interruption_behavior == "Stop"
    if notice.publish_event:
        action = region.assumptions.economical_action if economical else "delete"
        at(
            t0 + notice.event_delay,
            lambda now: publish_interruption(
                region, instance.instance_id, interruption.event_id, t0, now, action
            ),
        )
    lead = notice.stop_before
    if lead == ASSUMED:
        lead = region.assumptions.platform_stop_lead_seconds
    if economical:
        timers.append(at(end, lambda now: _stop_for_good(region, instance, now)))
        return
    if lead is not None:
        stop_at = max(t0, end - lead)
        timers.append(at(stop_at, lambda now: _stop_first(region, instance, now, end - now)))
    timers.append(at(end, lambda now: lifecycle.release(region, instance, now, by_platform=True)))


def _stop_first(region: EcsRegion, instance: Instance, now: float, left: float) -> None:
    """Stop a running instance so that it is Stopped before the release."""
    if instance.status.now != "Running":
        return
    region.platform(now, "PlatformStop", instance.instance_id)
    lifecycle.begin_stop(region, instance, now, by_platform=True, within=left / 2)


def _stop_for_good(region: EcsRegion, instance: Instance, now: float) -> None:
    """Stop an instance in economical mode."""
    instance.interruption = None
    region.platform(now, "PlatformStop", instance.instance_id, economical=True)
    if instance.status.now == "Stopped":
        lifecycle.finish_stop(region, instance, now, stop_charging=True)
    else:
        lifecycle.begin_stop(region, instance, now, by_platform=True, stop_charging=True)
    if region.assumptions.economical_lock_ends:
        due = now if instance.transition is None else instance.transition.due
        region.world.scheduler.at(due, lambda _: _unlock(instance))


def _unlock(instance: Instance) -> None:
    if instance.interruption is None:
        instance.locks.pop(RECYCLING, None)


def cancel(region: EcsRegion, instance_id: str, now: float) -> None:
    """Take a notice back, as a false alarm looks from outside.

    Raises:
        ApiError: There is no such instance.
    """
    instance = region.instance(instance_id)
    if instance.interruption is None:
        return
    for timer in instance.interruption.timers:
        timer.cancel()
    instance.interruption = None
    instance.locks.pop(RECYCLING, None)
    region.platform(now, "InterruptionCancelled", instance_id)
