"""Starting, stopping, restarting, deleting and renaming instances."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from emulator.state.ecs import lifecycle
from emulator.state.ecs.instances import dry_run
from emulator.state.ecs.launch_network import check_group
from emulator.state.ecs.launch_options import check_user_data
from emulator.state.ecs.params import Params, malformed, missing
from emulator.state.ecs.records import Instance
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.wording import (
    check_description,
    check_host_name,
    check_new_name,
    check_password,
)
from emulator.state.errors import DRY_RUN_CODE, DRY_RUN_PASSED, ApiError

MAX_BATCH = 100
# Of each instance of a batch. Source: StartInstances and StopInstances, DryRun, which do not say
# where it stands.
DRY_SUCCESS = ("DRYRUN.SUCCESS", DRY_RUN_PASSED)
Change = Callable[[EcsRegion, Instance, Params, float], None]


def wrong_state() -> ApiError:
    """Refuse because of the instance's state."""
    return ApiError(
        403,
        "IncorrectInstanceStatus",
        "The current status of the resource does not support this operation.",
    )


def _start(region: EcsRegion, instance: Instance, params: Params, now: float) -> None:
    if instance.status.now != "Stopped" or instance.locks:
        raise wrong_state()
    _check_price(region, instance, now)
    dry_run(region, params)
    lifecycle.take_stock(region, instance)
    if instance.options.bandwidth_out and not instance.public_ip:
        instance.public_ip = region.vpc.addresses.public_address()
    region.record(now, "StartInstance", instance.instance_id)
    lifecycle.begin_start(region, instance, now)


def _check_price(region: EcsRegion, instance: Instance, now: float) -> None:
    if instance.options.spot_strategy != "SpotWithPriceLimit":
        return
    zone, each = region.zone(instance.zone_id), region.instance_type(instance.type_id)
    if instance.options.spot_price_limit < region.stock.spot_price(zone, each, now):
        raise ApiError(
            403,
            "OperationDenied.SpotPriceLowerThanPublicPrice",
            "The spot instance price is lower than public price.",
        )


def _stop(region: EcsRegion, instance: Instance, params: Params, now: float) -> None:
    allowed = not instance.is_recycling or region.assumptions.stop_while_recycling
    if instance.status.now != "Running" or not allowed:
        raise wrong_state()
    mode = params.text("StoppedMode", "KeepCharging")
    if mode not in {"KeepCharging", "StopCharging"}:
        raise malformed("StoppedMode")
    local = region.instance_type(instance.type_id).local_disks
    if local and mode == "StopCharging":
        raise ApiError(
            403,
            "InvalidInstanceId.NotSupport",
            "Local disk instance does not support this operation.",
        )
    dry_run(region, params)
    forced = params.flag("ForceStop")
    region.record(now, "StopInstance", instance.instance_id, forced=forced, mode=mode)
    lifecycle.begin_stop(
        region, instance, now, orderly=not forced, stop_charging=mode == "StopCharging"
    )


def _reboot(region: EcsRegion, instance: Instance, params: Params, now: float) -> None:
    if instance.status.now != "Running" or instance.locks:
        raise wrong_state()
    dry_run(region, params)
    forced = params.flag("ForceStop")
    region.record(now, "RebootInstance", instance.instance_id, forced=forced)
    lifecycle.begin_reboot(region, instance, now, orderly=not forced)


def _check_delete(instance: Instance, params: Params) -> None:
    if instance.options.deletion_protection:
        raise ApiError(
            403,
            "InvalidOperation.DeletionProtection",
            "The operation is not allowed due to the deletion protection of the instance.",
        )
    if instance.status.now in {"Pending", "Starting"}:
        raise ApiError(
            403,
            "IncorrectInstanceStatus.Initializing",
            "The specified instance status does not support this operation.",
        )
    if instance.status.now != "Stopped" and not params.flag("Force"):
        raise wrong_state()


def _delete(region: EcsRegion, instance: Instance, now: float) -> None:
    region.record(now, "DeleteInstance", instance.instance_id)
    lifecycle.release(region, instance, now, by_platform=False)


def _single(change: Change) -> Callable[[EcsRegion, Params, float], dict[str, Any]]:
    def act(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
        change(region, region.instance(params.required("InstanceId")), params, now)
        return {}

    return act


def _batch(change: Change) -> Callable[[EcsRegion, Params, float], dict[str, Any]]:
    """Make the batch form of an action.

    Source: StartInstances and StopInstances, BatchOptimization: AllTogether, the default, changes
    all or none; with SuccessFirst each has its own answer. UNVERIFIED: that the refusal of one is
    that of the whole call, as no page shows a batch that failed.
    """

    def act(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
        instances = [region.instance(each) for each in _ids(params)]
        is_dry = params.flag("DryRun")
        if params.text("BatchOptimization") != "SuccessFirst":
            for each in instances:
                _try_out(change, region, each, params, now)
        if is_dry:
            return _answers([_row(each, each.status.now, *DRY_SUCCESS) for each in instances])
        return _answers([_answer(change, region, each, params, now) for each in instances])

    return act


def _answers(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"InstanceResponses": {"InstanceResponse": rows}}


def _try_out(
    change: Change, region: EcsRegion, instance: Instance, params: Params, now: float
) -> None:
    """Check a change without making it.

    Raises:
        ApiError: The refusal that the change would meet.
    """
    try:
        change(region, instance, Params({**params.values(), "DryRun": True}), now)
    except ApiError as refusal:
        if refusal.code != DRY_RUN_CODE:
            raise


def _answer(
    change: Change, region: EcsRegion, instance: Instance, params: Params, now: float
) -> dict[str, Any]:
    before, code, message = instance.status.now, "200", "success"
    try:
        change(region, instance, params, now)
    except ApiError as refusal:
        code, message = refusal.code, refusal.message
    return _row(instance, before, code, message)


def _row(instance: Instance, before: str, code: str, message: str) -> dict[str, Any]:
    return {
        "InstanceId": instance.instance_id,
        "Code": code,
        "Message": message,
        "PreviousStatus": before,
        "CurrentStatus": instance.status.now,
    }


def _ids(params: Params) -> list[str]:
    ids = params.texts("InstanceId")
    if not ids:
        raise missing("InstanceId")
    if len(ids) > MAX_BATCH:
        raise malformed("InstanceId", f"holds more than {MAX_BATCH} instances")
    return ids


start_instance, start_instances = _single(_start), _batch(_start)
stop_instance, stop_instances = _single(_stop), _batch(_stop)
reboot_instance = _single(_reboot)


def delete_instance(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Release one instance. Source: ECS DeleteInstance: Stopped, or any state with Force."""
    instance = region.instance(params.required("InstanceId"))
    _check_delete(instance, params)
    dry_run(region, params)
    _delete(region, instance, now)
    return {}


def delete_instances(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Release several instances, all or none. Source: ECS DeleteInstances."""
    instances = [region.instance(each) for each in _ids(params)]
    for instance in instances:
        _check_delete(instance, params)
    dry_run(region, params)
    for instance in instances:
        _delete(region, instance, now)
    return {}


_TEXTS: Mapping[str, str] = {
    "InstanceName": "instance_name",
    "Description": "description",
    "HostName": "host_name",
    "UserData": "user_data",
    "CreditSpecification": "credit_specification",
    "DeletionProtection": "deletion_protection",
    "EnableJumboFrame": "jumbo_frame",
    "EnableNetworkEncryption": "network_encryption",
}
SECRET = frozenset({"Password", "UserData", "RemoteConnectionOptions"})


def modify_instance_attribute(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Change properties of one instance. Source: ECS ModifyInstanceAttribute."""
    instance = region.instance(params.required("InstanceId"))
    if instance.status.now not in {"Running", "Stopped"}:
        raise wrong_state()
    if params.flag("DeletionProtection") and instance.is_spot:
        raise ApiError(
            403,
            "InvalidChargeType.ValueNotSupported",
            "The charge type of a spot instance does not support the specified parameter.",
        )
    _check_new_texts(instance, params)
    burstable = region.instance_type(instance.type_id).is_burstable
    if params.text("CreditSpecification") and not burstable:
        raise ApiError(
            400,
            "InvalidParameter.CreditSpecification",
            "The specified CreditSpecification is not supported by the instance type.",
        )
    groups = tuple(params.texts("SecurityGroupIds")) or instance.options.security_group_ids
    for group_id in groups:
        check_group(region, group_id, instance.vpc_id)
    given = params.values()
    changes = {field: given[name] for name, field in _TEXTS.items() if name in given}
    instance.options = replace(instance.options, **changes, security_group_ids=groups)
    region.primary(instance).security_group_ids = groups
    shown = {name: value for name, value in given.items() if name not in SECRET}
    region.record(now, "ModifyInstanceAttribute", instance.instance_id, **shown)
    return {}


def _check_new_texts(instance: Instance, params: Params) -> None:
    windows = instance.os.os_type == "windows"
    if name := params.text("InstanceName"):
        check_new_name(name)
    check_host_name(params.text("HostName"), windows=windows)
    check_description(params.text("Description"))
    check_password(params.text("Password"), windows=windows)
    check_user_data(_decoded(params.text("UserData")))


def _decoded(text: str) -> bytes:
    """Decode user data, which this action is only advised to get in Base64. Source: its UserData."""
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return text.encode()
