"""Requests and answers have the shapes of the official SDK models, no more and no less."""

import inspect
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import alibabacloud_alb20200616.models as alb_models
import alibabacloud_ecs20140526.models as ecs_models
import alibabacloud_nlb20220430.models as nlb_models
import alibabacloud_slb20140515.models as slb_models
import alibabacloud_vpc20160428.models as vpc_models
import pytest

from emulator.state.ecs.params import COMMON, region_namers, shapes
from emulator.state.ecs.service import ACTIONS
from tests.unit.emulator.ecs_bench import Bench

PRODUCTS = {
    "ecs": ecs_models,
    "vpc": vpc_models,
    "slb": slb_models,
    "alb": alb_models,
    "nlb": nlb_models,
}
KINDS = {"str": "text", "int": "integer", "bool": "flag", "float": "number"}


def wire_names(model: type) -> dict[str, str]:
    source = inspect.getsource(model.to_map)  # type: ignore[attr-defined]
    names = re.findall(r"if self\.(\w+) is not None:\n\s+result\['([^']+)'\]", source)
    lists = re.findall(r"result\['([^']+)'\] = \[\]\n\s+if self\.(\w+) is not None", source)
    return {**dict(names), **{field: wire for wire, field in lists}}


def shape(models: ModuleType, model: type) -> dict[str, Any]:
    names = wire_names(model)
    parameters = inspect.signature(model).parameters
    return {names[name]: kind(models, str(each.annotation)) for name, each in parameters.items()}


def kind(models: ModuleType, annotation: str) -> Any:
    nested = re.search(r"main_models\.(\w+)", annotation)
    if nested:
        inner: Any = shape(models, getattr(models, nested.group(1)))
    else:
        inner = KINDS.get(annotation.removeprefix("List[").rstrip("]"), "object")
    return [inner] if annotation.startswith("List[") else inner


def every_action() -> list[tuple[str, str]]:
    return [(product, action) for product in PRODUCTS for action in shapes(product)]


@pytest.mark.parametrize(("product", "action"), every_action())
def test_parameters_are_those_of_the_sdk(product: str, action: str) -> None:
    models = PRODUCTS[product]
    declared = shape(models, getattr(models, f"{action}Request"))

    expected = {name: each for name, each in declared.items() if name not in COMMON}
    assert shapes(product)[action] == expected


@pytest.mark.parametrize(("product", "action"), every_action())
def test_a_region_must_be_named_where_the_sdk_says_so(product: str, action: str) -> None:
    """The models mark what is mandatory in a comment above the assignment."""
    source = inspect.getsource(getattr(PRODUCTS[product], f"{action}Request").__init__)
    comment = re.search(r"((?:^ *#.*\n)+) *self\.region_id = region_id", source, re.MULTILINE)

    expected = comment is not None and "This parameter is required." in comment.group(1)
    assert (action in region_namers(product)) is expected


def test_every_action_has_a_shape() -> None:
    assert set(ACTIONS) == set(shapes("ecs"))


def unknown_fields(models: ModuleType, model: type, answer: Any, path: str) -> list[str]:
    """Name what an answer has and the SDK's model would drop."""
    declared = shape(models, model)
    return compare(declared, answer, path)


def compare(declared: Any, answer: Any, path: str) -> list[str]:
    if isinstance(answer, dict):
        if not isinstance(declared, dict):
            return [path]
        return [
            wrong
            for name, value in answer.items()
            for wrong in (
                compare(declared[name], value, f"{path}.{name}")
                if name in declared
                else [f"{path}.{name}"]
            )
        ]
    if isinstance(answer, list):
        if not isinstance(declared, list):
            return [path]
        return [wrong for item in answer for wrong in compare(declared[0], item, f"{path}[]")]
    return (
        [] if isinstance(answer, PYTHON[declared]) and type(answer) in EXACT[declared] else [path]
    )


PYTHON: dict[str, Any] = {"text": str, "integer": int, "flag": bool, "number": (float, int)}
EXACT: dict[str, Any] = {
    "text": {str}, "integer": {int}, "flag": {bool}, "number": {float, int}
}  # fmt: skip


def populated() -> tuple[Bench, dict[str, dict[str, Any]]]:
    """A region with one of everything, and parameters for each describe call."""
    bench = Bench()
    source = bench.seed(
        data_disks=[{"size": 20, "auto_snapshot_policy_id": "sp-1", "snapshot_age_seconds": 60}],
        eip=True,
        secondary_interfaces=1,
        tags={"team": "a"},
        ram_role_name="role",
        user_data="#!/bin/sh",
        options={
            "private_dns": {"EnableIpDnsARecord": True},
            "ptp_status": "enabled",
            "deployment_set_group": 1,
            "isp": "BGP",
        },
    )
    bench.seed(instance_type="ecs.i4.large", spot_strategy="NoSpot")
    bench.call("CreateImage", InstanceId=source, ImageName="image-1", Tag=[{"Key": "a"}])
    bench.call("CreateAutoSnapshotPolicy", regionId="r", repeatWeekdays='["1"]', timePoints='["2"]')
    bench.ecs.vanish_next()
    bench.run(source, SystemDisk={"Category": "cloud_essd", "ProvisionedIops": 0})
    command = bench.call(
        "RunCommand", Type="RunShellScript", CommandContent="sync", InstanceId=[source]
    )
    bench.wait(30)
    bench.ecs.interrupt(source, bench.now)
    bench.wait(5)
    ids = f'["{source}"]'
    return bench, {
        "DescribeInstances": {"AdditionalAttributes": ["META_OPTIONS"]},
        "DescribeInstanceAttribute": {"InstanceId": source},
        "DescribeUserData": {"InstanceId": source},
        "DescribeInstanceRamRole": {"InstanceIds": ids},
        "DescribeInstanceAttachmentAttributes": {"InstanceIds": ids},
        "DescribeAvailableResource": {"DestinationResource": "InstanceType"},
        "DescribeSpotPriceHistory": {"InstanceType": "ecs.g7.large", "NetworkType": "vpc"},
        "DescribePrice": {"InstanceType": "ecs.g7.large", "SpotStrategy": "SpotAsPriceGo"},
        "DescribeImageSupportInstanceTypes": {
            "ImageId": bench.ecs.region.instances[source].image_id
        },
        "DescribeInvocations": {"InvokeId": command["InvokeId"]},
        "DescribeVSwitchAttributes": {"VSwitchId": bench.ecs.region.instances[source].vswitch_id},
        "ListTagResources": {"ResourceType": "instance", "ResourceId": [source]},
    }


DESCRIBES = [
    each
    for each in every_action()
    if each[0] in ("ecs", "vpc") and each[1].startswith(("Describe", "List"))
]


def test_describe_answers_are_understood_whole_by_the_sdk() -> None:
    bench, parameters = populated()
    wrong: list[str] = []
    empty: list[str] = []
    for product, action in DESCRIBES:
        caller: Callable[..., dict[str, Any]] = bench.call if product == "ecs" else bench.vpc_call
        answer = caller(action, **parameters.get(action, {}))
        model = getattr(PRODUCTS[product], f"{action}ResponseBody")
        wrong += unknown_fields(PRODUCTS[product], model, answer, action)
        empty += [action] if is_bare(answer) else []

    assert wrong == []
    assert empty == []
    assert bench.world.complaints == []


def is_bare(answer: dict[str, Any]) -> bool:
    """Tell whether an answer is a list that holds nothing, which would prove nothing."""
    nested = [value for value in answer.values() if isinstance(value, dict)]
    lists = [item for value in nested for item in value.values() if isinstance(item, list)]
    return len(answer) <= 4 and bool(lists) and not any(lists)


def test_changing_answers_are_understood_whole_by_the_sdk() -> None:
    bench = Bench()
    source = bench.seed(data_disks=[{"size": 20}])
    system, data = bench.disk_ids(source)
    vswitch = bench.ecs.region.instances[source].vswitch_id
    group = next(iter(bench.ecs.region.security_groups))
    calls: dict[str, dict[str, Any]] = {
        "CreateImage": {"InstanceId": source},
        "CreateSnapshot": {"DiskId": system},
        "CreateDisk": {"ZoneId": "cn-hangzhou-h", "Size": 20},
        "CreateNetworkInterface": {"VSwitchId": vswitch, "SecurityGroupId": group},
        "ModifyDiskAttribute": {"DiskIds": [system, data], "DeleteWithInstance": False},
        "RunInstances": bench.launch(source),
        "StopInstances": {"InstanceId": [source]},
    }
    for action, params in calls.items():
        answer = bench.call(action, **params)
        model = getattr(ecs_models, f"{action}ResponseBody")
        assert unknown_fields(ecs_models, model, answer, action) == []
