"""RunInstances: check everything, take the stock, create, and let the platform go on.

Success means accepted, not running: a shortage found later deletes the new instance again, and
the system event SystemFailure.Delete says so. Source: RunInstances.
"""

from dataclasses import replace
from typing import Any

from emulator.state.ecs import lifecycle
from emulator.state.ecs.blueprint import Blueprint, build
from emulator.state.ecs.catalogue import InstanceType, Zone
from emulator.state.ecs.events import publish_state, publish_vanished
from emulator.state.ecs.images import find_image, runs_on
from emulator.state.ecs.instances import dry_run
from emulator.state.ecs.launch_disks import plan_disks
from emulator.state.ecs.launch_network import MAX_AMOUNT, nth_of, plan_interfaces
from emulator.state.ecs.launch_options import named, read_options
from emulator.state.ecs.params import Params, missing
from emulator.state.ecs.records import Image, Instance, Options
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.tags import tags_of
from emulator.state.ecs.throttle import MINUTE
from emulator.state.errors import ApiError

# Instances that may be asked for in a minute. Source: RunInstances, limits.
MAX_PER_MINUTE = 5000
SECRET = frozenset({"Password", "UserData"})


def run_instances(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Create instances. Source: ECS RunInstances; its error table gives codes and statuses."""
    plan = _plan(region, params, now)
    amount = _amount(region, params, plan, now)
    dry_run(region, params)
    region.stock.take(plan.zone, plan.instance_type, amount)
    instances = [_launch(region, params, plan, index, amount, now) for index in range(amount)]
    return {
        "InstanceIdSets": {"InstanceIdSet": [each.instance_id for each in instances]},
        "TradePrice": _price(region, plan.options, plan.zone, plan.instance_type, now) * amount,
    }


def _plan(region: EcsRegion, params: Params, now: float) -> Blueprint:
    """Check a launch against all that is known, in the order of the documents' error table."""
    if params.text("LaunchTemplateId") or params.text("LaunchTemplateName"):
        raise ApiError(
            404, "InvalidLaunchTemplate.NotFound", "The specified launch template does not exist."
        )
    each = region.instance_type(params.required("InstanceType"))
    image = _image(region, params, now)
    _check_image(image, each)
    options = read_options(region, params, image, each, now)
    interfaces = plan_interfaces(region, params, each, now)
    options = replace(options, security_group_ids=interfaces[0].security_group_ids)
    zone = region.zone(interfaces[0].vswitch.zone_id)
    _check_offer(region, zone, each, options, now)
    return Blueprint(
        instance_type=each,
        zone=zone,
        image_id=image.image_id,
        os=image.os,
        options=options,
        disks=plan_disks(region, params, image, each),
        interfaces=interfaces,
        tags=tags_of(params),
        tags_reach_parts=region.assumptions.launch_tags_reach_disks,
    )


def _image(region: EcsRegion, params: Params, now: float) -> Image:
    image_id, family = params.text("ImageId"), params.text("ImageFamily")
    if not image_id and not family:
        raise missing("ImageId")
    if image_id and family:
        raise ApiError(
            400,
            "UnexpectedImageFamily.ImageIdSupplied",
            "The input parameter ImageFamily must be null when image id is set.",
        )
    image = find_image(region, image_id) if image_id else _newest(region, family, now)
    if image is None and family:
        raise ApiError(
            403,
            "InvalidImageFamily.MissingAvailableImage",
            "There is no available image of this family.",
        )
    if image is None:
        raise ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
    if not image.is_usable(now):
        raise ApiError(
            403,
            "OperationDenied",
            "The specified Image is not available, please check the status of the image.",
        )
    return image


def _newest(region: EcsRegion, family: str, now: float) -> Image | None:
    own = [each for each in region.images.values() if each.family == family]
    usable = [each for each in own if each.is_usable(now)]
    return max(usable, key=lambda each: each.started_at, default=None)


def _check_image(image: Image, each: InstanceType) -> None:
    if not runs_on(image.os, each):
        raise ApiError(
            403,
            "ImageNotSupportInstanceType",
            "The specified image does not support the specified InstanceType.",
        )


def _check_offer(
    region: EcsRegion, zone: Zone, each: InstanceType, options: Options, now: float
) -> None:
    if not zone.sells(each):
        raise ApiError(
            403,
            "InvalidResourceType.NotSupported",
            "This resource type is not supported; please try other resource types.",
        )
    price = region.stock.spot_price(zone, each, now)
    if options.spot_strategy == "SpotWithPriceLimit" and options.spot_price_limit < price:
        raise ApiError(
            400,
            "InvalidSpotPriceLimit.LowerThanPublicPrice",
            'The specified parameter "spotPriceLimit" can\'t be lower than current public price.',
        )


def _amount(region: EcsRegion, params: Params, plan: Blueprint, now: float) -> int:
    """Return how many instances there will be: all, or at least MinAmount."""
    wanted = params.integer("Amount", 1)
    least = params.integer("MinAmount", wanted)
    for name, given, most in (("Max", wanted, MAX_AMOUNT), ("Min", least, wanted)):
        if not 1 <= given <= most:
            raise ApiError(
                400,
                f"Invalid{name}Amount.Malformed",
                f"The specified parameter {name}Amount is not valid.",
            )
    _count_minute(region, wanted, now)
    each = plan.instance_type
    if plan.options.spot_strategy != "NoSpot":
        _check_quota(region, each.cpu * wanted)
    pool = region.stock.pool(plan.zone, each)
    possible = wanted if pool.count is None else min(wanted, pool.count)
    possible = min(possible, max(0, plan.interfaces[0].vswitch.available(now)))
    if possible < least:
        raise lifecycle.no_stock() if pool.count is not None else _no_addresses()
    return possible


def _no_addresses() -> ApiError:
    return ApiError(
        403,
        "QuotaExceeded.PrivateIpAddress",
        "Insufficient private IP addresses in the virtual switch.",
    )


def _count_minute(region: EcsRegion, amount: int, now: float) -> None:
    minute, asked = region.launch_minute
    this = int(now // MINUTE)
    total = amount + (asked if minute == this else 0)
    region.launch_minute = (this, total)
    if total > MAX_PER_MINUTE:
        raise ApiError(400, "Throttling.User", "Too many instances were requested in this minute.")


def _check_quota(region: EcsRegion, cpu: int) -> None:
    if region.spot_vcpus + cpu > region.settings.spot_vcpu_quota:
        raise ApiError(
            403,
            "QuotaExceed.ElasticQuota",
            "The number of vCPUs assigned to the ECS instances has exceeded the quota in the zone.",
        )


def _price(
    region: EcsRegion, options: Options, zone: Zone, each: InstanceType, now: float
) -> float:
    if options.spot_strategy == "NoSpot":
        return region.stock.list_price(zone, each)
    return region.stock.spot_price(zone, each, now)


def _launch(
    region: EcsRegion, params: Params, plan: Blueprint, index: int, amount: int, now: float
) -> Instance:
    plan = replace(
        plan,
        options=named(plan.options, params, index, amount),
        interfaces=nth_of(plan.interfaces, index),
    )
    instance = build(region, plan, now, region.visible_from(now))
    image = region.images.get(plan.image_id)
    if image is not None:
        image.users.add(instance.instance_id)
    region.record(
        now,
        "RunInstances",
        instance.instance_id,
        instance_type=instance.type_id,
        zone_id=instance.zone_id,
        vswitch_id=instance.vswitch_id,
        image_id=instance.image_id,
        spot_strategy=plan.options.spot_strategy,
        client_token=params.text("ClientToken"),
        tags=dict(plan.tags),
        parameters={k: v for k, v in params.values().items() if k not in SECRET},
    )
    _send_off(region, instance, now)
    return instance


def _send_off(region: EcsRegion, instance: Instance, now: float) -> None:
    """Let a new instance boot, or vanish when it turns out that there is no stock."""
    share = region.settings.vanish_share
    doomed = region.doomed_launches > 0 or (share and region.world.rng.random() < share)
    if not doomed:
        publish_state(region, instance.instance_id, "Created", now)
        lifecycle.begin_boot(region, instance, now)
        return
    region.doomed_launches = max(0, region.doomed_launches - 1)
    instance.transition = region.world.scheduler.at(
        now + region.settings.vanish_seconds, lambda at: _vanish(region, instance, at)
    )


def _vanish(region: EcsRegion, instance: Instance, at: float) -> None:
    region.platform(at, "Vanish", instance.instance_id, instance_type=instance.type_id)
    lifecycle.release(region, instance, at, by_platform=True)
    if region.assumptions.vanish_announced:
        event_id = region.new_id("e")
        region.history.append({"event_id": event_id, "instance_id": instance.instance_id, "at": at})
        publish_vanished(region, instance.instance_id, event_id, at)
