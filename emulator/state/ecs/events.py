"""The events that ECS publishes on the default event bus."""

from emulator.state.ecs.region import EcsRegion
from emulator.state.interruption import (
    instance_state_change_event,
    snapshot_completed_event,
    spot_interruption_event,
    system_failure_delete_event,
)


def publish_interruption(
    region: EcsRegion, instance_id: str, event_id: str, decided_at: float, at: float, action: str
) -> None:
    """Publish the notice of an interruption that was decided at `decided_at`."""
    event = spot_interruption_event(
        account_id=region.world.account_id,
        region=region.region_id,
        instance_id=instance_id,
        event_id=event_id,
        at=decided_at,
        action=action,
    )
    region.publish(event, at)


def publish_vanished(region: EcsRegion, instance_id: str, system_event_id: str, at: float) -> None:
    """Publish that a launch was deleted again for lack of stock."""
    event = system_failure_delete_event(
        account_id=region.world.account_id,
        region=region.region_id,
        instance_id=instance_id,
        event_id=region.new_id("evt"),
        system_event_id=system_event_id,
        at=at,
        not_before=at,
    )
    region.publish(event, at)


def publish_state(region: EcsRegion, instance_id: str, state: str, at: float) -> None:
    """Publish an instance's new state, if the settings want these events at all."""
    if not region.settings.publish_progress:
        return
    event = instance_state_change_event(
        account_id=region.world.account_id,
        region=region.region_id,
        instance_id=instance_id,
        event_id=region.new_id("evt"),
        at=at,
        state=state,
    )
    region.publish(event, at)


def publish_snapshot(region: EcsRegion, snapshot_id: str, at: float) -> None:
    """Publish that a snapshot is finished or failed, if the settings want these events at all."""
    if not region.settings.publish_progress:
        return
    snapshot = region.snapshots[snapshot_id]
    event = snapshot_completed_event(
        account_id=region.world.account_id,
        region=region.region_id,
        snapshot_id=snapshot_id,
        snapshot_name=snapshot.name,
        disk_id=snapshot.disk_id,
        event_id=region.new_id("evt"),
        started_at=snapshot.started_at,
        at=at,
        result="failed" if snapshot.status == "failed" else "accomplished",
        snapshot_type=snapshot.kind,
    )
    region.publish(event, at)
