"""The bodies of ECS events, as the provider's documents show them.

The same fact reaches a queue in several dresses: the CloudEvents envelope of EventBridge, the flat
object of CloudMonitor, or the bare data when a target was told to send only that. Times are written
in Beijing time in several spellings, of which only one is RFC 3339.

Sources: EventBridge "ECS events" and "Event overview" (envelope, spellings of the time); ECS
"Instance event notification" and "Overview of event notifications" (CloudMonitor form);
ECS "Snapshot event notifications". The subject of these ECS types is not shown there; the ARN form
is the one that CloudMonitor documents as resourceId.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

Event = dict[str, Any]
TimeStyle = Literal["rfc3339", "asia_shanghai", "prc", "z"]

INTERRUPTION = "Instance:PreemptibleInstanceInterruption"

_BEIJING = timezone(timedelta(hours=8))
_MILLISECOND_SUFFIXES: Mapping[str, str] = {"asia_shanghai": "Asia/Shanghai", "prc": "PRC"}


def timestamp(at: float, style: TimeStyle) -> str:
    """Write an instant (epoch seconds) in one of the spellings that event samples show."""
    if style == "z":
        return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    local = datetime.fromtimestamp(at, _BEIJING)
    if style == "rfc3339":
        return local.isoformat(timespec="seconds")
    naive = local.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return naive + _MILLISECOND_SUFFIXES[style]


def spot_interruption_event(
    *,
    account_id: str,
    region: str,
    instance_id: str,
    event_id: str,
    at: float,
    action: str = "delete",
    time_style: TimeStyle = "rfc3339",
    instance_name: str | None = None,
) -> Event:
    """Build the notice that a spot instance will be reclaimed, in EventBridge's envelope.

    Args:
        account_id: The 16-digit id of the account.
        region: Region id.
        instance_id: The instance.
        event_id: Id of the event; a copy of the event has the same.
        at: Epoch seconds of the notice, about 300 s before the release.
        action: The documents know `delete`.
        time_style: Spelling of `time`.
        instance_name: Adds `data.instanceName`, which EventBridge's samples do not show.
    """
    data = _interruption_data(instance_id, action)
    if instance_name is not None:
        data["instanceName"] = instance_name
    return _envelope(
        account_id=account_id,
        region=region,
        event_id=event_id,
        kind=f"ecs:{INTERRUPTION}",
        resource=f"instance/{instance_id}",
        at=at,
        data=data,
        time_style=time_style,
    )


def raw_interruption(instance_id: str, action: str = "delete") -> Event:
    """Build the data of a notice alone, as a target with JSONPath `$.data` gets it."""
    return _interruption_data(instance_id, action)


def cloudmonitor_interruption_event(
    *,
    account_id: str,
    region: str,
    instance_id: str,
    event_id: str,
    at: float,
    action: str = "delete",
    version: str | None = None,
    instance_name: str | None = None,
) -> Event:
    """Build the same notice in CloudMonitor's form.

    Args:
        account_id: The 16-digit id of the account.
        region: Region id.
        instance_id: The instance.
        event_id: Id of the event.
        at: Epoch seconds of the notice.
        action: The documents know `delete`.
        version: Value of `ver`, which older samples have; None leaves it out.
        instance_name: Name of the instance, often Chinese; None leaves it out.
    """
    event: Event = {} if version is None else {"ver": version}
    event |= {
        "id": event_id,
        "product": "ECS",
        "resourceId": _arn(account_id, region, f"instance/{instance_id}"),
        "level": "WARN",
        "name": INTERRUPTION,
        "userId": account_id,
        "eventTime": _cloudmonitor_time(at),
        "regionId": region,
    }
    if instance_name is not None:
        event["instanceName"] = instance_name
    event["content"] = _interruption_data(instance_id, action)
    return event


def instance_state_change_event(
    *,
    account_id: str,
    region: str,
    instance_id: str,
    event_id: str,
    at: float,
    state: str,
    time_style: TimeStyle = "rfc3339",
) -> Event:
    """Build the notice of a new state: Created, Starting, Running, Stopping, Stopped, Deleted."""
    return _envelope(
        account_id=account_id,
        region=region,
        event_id=event_id,
        kind="ecs:Instance:StateChange",
        resource=f"instance/{instance_id}",
        at=at,
        data={
            "resourceId": instance_id,
            "resourceType": "ALIYUN::ECS::Instance",
            "state": state,
        },
        time_style=time_style,
    )


def snapshot_completed_event(
    *,
    account_id: str,
    region: str,
    snapshot_id: str,
    snapshot_name: str,
    disk_id: str,
    event_id: str,
    started_at: float,
    at: float,
    result: Literal["accomplished", "failed"] = "accomplished",
    snapshot_type: str = "user",
    time_style: TimeStyle = "rfc3339",
) -> Event:
    """Build the notice that a snapshot was finished or failed at `at`."""
    return _envelope(
        account_id=account_id,
        region=region,
        event_id=event_id,
        kind="ecs:Snapshot:CreateSnapshotCompleted",
        resource=f"snapshot/{snapshot_id}",
        at=at,
        data={
            "result": result,
            "snapshotId": snapshot_id,
            "snapshotName": snapshot_name,
            "snapshotType": snapshot_type,
            "diskId": disk_id,
            "startTime": timestamp(started_at, "z"),
            "endTime": timestamp(at, "z"),
        },
        time_style=time_style,
    )


def system_failure_delete_event(
    *,
    account_id: str,
    region: str,
    instance_id: str,
    event_id: str,
    system_event_id: str,
    at: float,
    not_before: float,
    status: str = "Executing",
    time_style: TimeStyle = "rfc3339",
) -> Event:
    """Build the notice that an instance could not be created for lack of stock and goes away."""
    return _envelope(
        account_id=account_id,
        region=region,
        event_id=event_id,
        kind="ecs:Instance:SystemFailure.Delete",
        resource=f"instance/{instance_id}",
        at=at,
        data={
            "eventId": system_event_id,
            "eventType": "SystemFailure.Delete",
            "eventStatus": status,
            "instanceId": instance_id,
            "publishTime": timestamp(at, "z"),
            "notBefore": timestamp(not_before, "z"),
        },
        time_style=time_style,
    )


def _interruption_data(instance_id: str, action: str) -> Event:
    return {"instanceId": instance_id, "action": action}


def _arn(account_id: str, region: str, resource: str) -> str:
    return f"acs:ecs:{region}:{account_id}:{resource}"


def _cloudmonitor_time(at: float) -> str:
    local = datetime.fromtimestamp(at, _BEIJING)
    return f"{local:%Y%m%dT%H%M%S}.{local.microsecond // 1000:03d}+0800"


def _envelope(
    *,
    account_id: str,
    region: str,
    event_id: str,
    kind: str,
    resource: str,
    at: float,
    data: Event,
    time_style: TimeStyle,
) -> Event:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "acs.ecs",
        "type": kind,
        "datacontenttype": "application/json;charset=utf-8",
        "subject": _arn(account_id, region, resource),
        "time": timestamp(at, time_style),
        "aliyunaccountid": account_id,
        "aliyunoriginalaccountid": account_id,
        "aliyunpublishtime": timestamp(at, "prc"),
        "aliyuneventbusname": "default",
        "aliyunregionid": region,
        "aliyunpublishaddr": "127.0.0.1",
        "data": data,
    }
