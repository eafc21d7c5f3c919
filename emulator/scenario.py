"""Puts what a scenario names into the cloud: queues, instances, stock, calls and faults."""

import inspect
from collections.abc import Mapping
from typing import Any

from emulator.http.service import Service
from emulator.orders import RegionScenario, Scenario, StockOrder
from emulator.state.cloud import Cloud
from emulator.state.errors import ApiError


def apply_scenario(service: Service, scenario: Scenario) -> dict[str, Any]:
    """Carry a scenario out and tell the ids of the instances by region.

    Raises:
        ApiError: The cloud refuses a part; what came before it is done.
        ValueError: A part is not what the cloud understands.
    """
    cloud = service.cloud
    now = service.now()
    for rule in scenario.faults:
        service.faults.add(rule)
    made = {region: _apply(cloud, region, part, now) for region, part in scenario.regions.items()}
    return {"instances": made}


def _apply(cloud: Cloud, region: str, part: RegionScenario, now: float) -> list[str]:
    if region not in cloud.regions:
        raise ValueError(f"the region {region} is not served; there is {', '.join(cloud.regions)}")
    for queue in part.queues:
        cloud.queues(region).create_queue(queue.name, queue.attributes, now)
    made = [seed_instance(cloud, region, entry, now) for entry in part.instances]
    for order in part.stock:
        set_stock(cloud, order.region or region, order, now)
    for call in part.calls:
        answer = cloud.call(call.product, region, call.action, call.params, now)
        if answer.get("Success") is False:
            raise ApiError(400, str(answer.get("Code")), f"{call.action}: {answer.get('Message')}")
    return made


def seed_instance(cloud: Cloud, region: str, entry: Mapping[str, Any], now: float) -> str:
    """Create a running instance from the arguments of `EcsService.seed_instance`."""
    seed = cloud.ecs[region].seed_instance
    known = set(inspect.signature(seed).parameters) - {"now"}
    if unknown := sorted(set(entry) - known):
        raise ValueError(
            f"an instance has no {', '.join(unknown)}; it has {', '.join(sorted(known))}"
        )
    return seed(**entry, now=now)


def set_stock(cloud: Cloud, region: str, order: StockOrder, now: float) -> None:
    """Set stock or price of an instance type in a zone."""
    raise NotImplementedError


def home_region(cloud: Cloud, instance_id: str) -> str:
    """Return the region in which an instance is.

    Raises:
        ApiError: There is none with this id.
    """
    for region in cloud.regions:
        if any(each == instance_id for each in cloud.ecs[region].region.instances):
            return region
    raise ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
