"""Puts what a scenario names into the cloud: queues, servers, balancers, stock, calls, faults."""

from typing import Any

from emulator.http.service import Service
from emulator.orders import RegionScenario, Scenario, StockOrder
from emulator.state.cloud import Cloud
from emulator.state.errors import ApiError


def apply_scenario(service: Service, scenario: Scenario) -> dict[str, Any]:
    """Carry a scenario out and tell the ids of its instances and load balancers by region.

    Raises:
        ApiError: The cloud refuses a part; what came before it is done.
        ValueError: A part is not what the cloud understands.
    """
    cloud = service.cloud
    now = service.now()
    made = {region: _apply(cloud, region, part, now) for region, part in scenario.regions.items()}
    for rule in scenario.faults:
        service.faults.add(rule)
    return {
        "instances": {region: instances for region, (instances, _) in made.items()},
        "balancers": {region: balancers for region, (_, balancers) in made.items()},
    }


def _apply(
    cloud: Cloud, region: str, part: RegionScenario, now: float
) -> tuple[list[str], list[str]]:
    if region not in cloud.regions:
        raise ValueError(f"the region {region} is not served; there is {', '.join(cloud.regions)}")
    for queue in part.queues:
        cloud.queues(region).create_queue(queue.name, queue.attributes, now)
    for parameter, names in part.names.items():
        cloud.ecs[region].declare(parameter, names)
    made = [cloud.ecs[region].seed_instance(seed, now) for seed in part.instances]
    balancers = [cloud.balancers[region].seed(seed, now) for seed in part.balancers]
    for order in part.stock:
        set_stock(cloud, order.region or region, order, now)
    for call in part.calls:
        answer = cloud.call(call.product, region, call.action, call.params, now)
        if answer.get("Success") is False:
            raise ApiError(400, str(answer.get("Code")), f"{call.action}: {answer.get('Message')}")
    return made, balancers


def set_stock(cloud: Cloud, region: str, order: StockOrder, now: float) -> None:
    """Set stock or price of an instance type in a zone; what the order leaves out stays.

    Raises:
        ApiError: There is no such zone or type.
    """
    ecs = cloud.ecs[region]
    held = ecs.region
    pool = held.stock.pool(held.zone(order.zone), held.instance_type(order.type))
    count = order.count if "count" in order.model_fields_set else pool.count
    ecs.set_stock(order.zone, order.type, count=count, price=order.price, now=now)
