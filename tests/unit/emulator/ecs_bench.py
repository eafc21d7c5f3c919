"""One region of ECS and VPC for tests, without the rest of the cloud."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from emulator.assumptions import Assumptions
from emulator.state.balancers.region import BalancerRegion
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.service import EcsService
from emulator.state.ecs.settings import EcsSettings
from emulator.state.ecs.targets import InstanceServers
from emulator.state.errors import ApiError
from emulator.state.vpc import VpcService
from emulator.state.world import LedgerEntry, World

REGION = "cn-hangzhou"
ZONE = "cn-hangzhou-h"
START = 1_795_000_000.0
STEADY: Mapping[str, Any] = {"jitter": 0.0, "image_seconds": 100.0}


@dataclass
class Bench:
    """An ECS service with a clock of its own; `calm` assumptions unless told otherwise."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    assumed: Mapping[str, Any] = field(default_factory=dict)
    now: float = START

    def __post_init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        calm = {"describe_lag_seconds": 0.0, **self.assumed}
        self.world = World("1234567890123456", Assumptions(**calm), random.Random(7))
        catalogue = Catalogue.load()
        self.vpc = VpcService(self.world, REGION, catalogue)
        self.ecs = EcsService(
            self.world,
            REGION,
            catalogue=catalogue,
            settings=EcsSettings(**{**STEADY, **self.settings}),
            vpc=self.vpc,
            publish=lambda event, _: self.events.append(event),
        )

        ecs = self.ecs.region
        self.balancers = BalancerRegion(
            self.world, REGION, ecs.place.code, self.vpc.networks, InstanceServers(ecs)
        )
        ecs.farewells.append(self.balancers.book.forget)

    def balancer_call(self, product: str, action: str, **params: Any) -> dict[str, Any]:
        if product == "slb":
            return self.balancers.slb.call(action, params, self.now)
        service = self.balancers.alb if product == "alb" else self.balancers.nlb
        return service.call(action, params, self.now)

    def call(self, action: str, **params: Any) -> dict[str, Any]:
        return self.ecs.call(action, params, self.now)

    def vpc_call(self, action: str, **params: Any) -> dict[str, Any]:
        return self.vpc.call(action, params, self.now)

    def refused(self, action: str, **params: Any) -> tuple[int, str]:
        with pytest.raises(ApiError) as caught:
            self.call(action, **params)
        return caught.value.status, caught.value.code

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.world.scheduler.run(self.now)

    def seed(self, **plain: Any) -> str:
        return self.ecs.seed_instance({"zone_id": ZONE, **plain}, self.now)

    def instance(self, instance_id: str, **params: Any) -> dict[str, Any]:
        found = self.call("DescribeInstances", InstanceIds=f'["{instance_id}"]', **params)
        row: dict[str, Any] = found["Instances"]["Instance"][0]
        return row

    def instances(self, **params: Any) -> list[str]:
        found = self.call("DescribeInstances", **params)
        return [row["InstanceId"] for row in found["Instances"]["Instance"]]

    def disks(self, **params: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.call("DescribeDisks", **params)["Disks"]["Disk"]
        return rows

    def disk_ids(self, instance_id: str) -> list[str]:
        return list(self.ecs.region.instances[instance_id].disk_ids)

    def images(self, **params: Any) -> list[dict[str, Any]]:
        given = {"ImageOwnerAlias": "self", "Status": "ALL", **params}
        rows: list[dict[str, Any]] = self.call("DescribeImages", **given)["Images"]["Image"]
        return rows

    def snapshots(self, **params: Any) -> list[dict[str, Any]]:
        found = self.call("DescribeSnapshots", **params)
        rows: list[dict[str, Any]] = found["Snapshots"]["Snapshot"]
        return rows

    def launch(self, instance_id: str, **params: Any) -> dict[str, Any]:
        """Give the parameters of a launch like that instance; None takes one away."""
        source = self.ecs.region.instances[instance_id]
        given = {
            "ImageId": source.image_id,
            "InstanceType": source.type_id,
            "VSwitchId": source.vswitch_id,
            "SecurityGroupIds": list(source.options.security_group_ids),
            "SpotStrategy": "SpotAsPriceGo",
            "SystemDisk": {"Category": "cloud_essd"},
            **params,
        }
        return {name: value for name, value in given.items() if value is not None}

    def run(self, instance_id: str, **params: Any) -> str:
        answer = self.call("RunInstances", **self.launch(instance_id, **params))
        launched: str = answer["InstanceIdSets"]["InstanceIdSet"][0]
        return launched

    def ledger(self, action: str) -> list[LedgerEntry]:
        return [entry for entry in self.world.ledger if entry.action == action]
