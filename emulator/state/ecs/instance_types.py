"""DescribeInstanceTypes and which images run on which types."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.state.ecs.catalogue import InstanceType
from emulator.state.ecs.images import find_image, runs_on
from emulator.state.ecs.paging import token_page
from emulator.state.ecs.params import Params, malformed
from emulator.state.ecs.region import EcsRegion
from emulator.state.errors import ApiError

# Types named in a call, and types on a page. Source: DescribeInstanceTypes; its model says 1600
# a page, its text says 100 for everybody since 2023-11-15.
MAX_NAMED = 10
PAGE = 100

Number = Callable[[InstanceType], float]
Word = Callable[[InstanceType], str]
Test = Callable[[InstanceType], bool]
_LEAST: Mapping[str, Number] = {
    "MinimumCpuCoreCount": lambda each: each.cpu,
    "MinimumMemorySize": lambda each: each.memory_gib,
    "MinimumEniQuantity": lambda each: each.eni_quantity,
    "MinimumEniPrivateIpAddressQuantity": lambda each: each.eni_addresses,
    "MinimumEniIpv6AddressQuantity": lambda each: each.eni_addresses,
    "MinimumDiskQuantity": lambda each: each.disk_quantity,
    "MinimumGPUAmount": lambda each: each.gpu_amount,
    "MinimumLocalStorageAmount": lambda each: each.local_disks,
    "MinimumLocalStorageCapacity": lambda each: each.local_disk_gib,
    "MinimumBaselineCredit": lambda each: each.baseline_credit,
    "MinimumInitialCredit": lambda each: each.initial_credit,
}
_MOST: Mapping[str, Number] = {
    "MaximumCpuCoreCount": lambda each: each.cpu,
    "MaximumMemorySize": lambda each: each.memory_gib,
    "MaximumGPUAmount": lambda each: each.gpu_amount,
}
_EQUAL: Mapping[str, Word] = {
    "InstanceTypeFamily": lambda each: each.family,
    "InstanceFamilyLevel": lambda each: each.level,
    "InstanceCategory": lambda each: each.category,
    "CpuArchitecture": lambda each: each.architecture,
    "NvmeSupport": lambda each: each.nvme,
    "LocalStorageCategory": lambda each: each.local_category,
}
_AMONG: Mapping[str, Word] = {
    "InstanceTypes": lambda each: each.type_id,
    "InstanceTypeFamilies": lambda each: each.family,
    "InstanceCategories": lambda each: each.category,
    "CpuArchitectures": lambda each: each.architecture,
    "LocalStorageCategories": lambda each: each.local_category,
    "GpuSpecs": lambda each: each.gpu_spec,
    "PhysicalProcessorModels": lambda each: each.processor,
}


def describe_instance_types(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List instance types; always in pages. Source: ECS DescribeInstanceTypes."""
    del now
    for name in _AMONG:
        if len(params.texts(name)) > MAX_NAMED:
            raise malformed(name, f"holds more than {MAX_NAMED} items")
    named = params.texts("InstanceTypes")
    types = region.catalogue.types
    found = [types[each] for each in named if each in types] if named else list(types.values())
    for test in type_tests(params):
        found = [each for each in found if test(each)]
    items, fields = token_page(found, params, PAGE, PAGE)
    rows = [_row(each) for each in items]
    return {"NextToken": fields["NextToken"], "InstanceTypes": {"InstanceType": rows}}


def type_tests(params: Params) -> list[Test]:
    """Turn the filters that a call names into tests."""
    given = params.values()
    tests: list[Test] = []
    for name, number in _LEAST.items():
        if name in given:
            tests.append(_at_least(number, given[name]))
    for name, number in _MOST.items():
        if name in given:
            tests.append(_at_most(number, given[name]))
    for name, word in _EQUAL.items():
        if given.get(name):
            tests.append(_among(word, frozenset({given[name]})))
    for name, word in _AMONG.items():
        if given.get(name):
            tests.append(_among(word, frozenset(given[name])))
    if spec := params.text("GPUSpec"):
        tests.append(lambda each: spec in each.gpu_spec)
    return tests


def _at_least(number: Number, limit: float) -> Test:
    return lambda each: number(each) >= limit


def _at_most(number: Number, limit: float) -> Test:
    return lambda each: number(each) <= limit


def _among(word: Word, wanted: frozenset[str]) -> Test:
    return lambda each: word(each) in wanted


def _row(each: InstanceType) -> dict[str, Any]:
    row: dict[str, Any] = {
        "InstanceTypeId": each.type_id,
        "InstanceTypeFamily": each.family,
        "InstanceFamilyLevel": each.level,
        "InstanceCategory": each.category,
        "CpuCoreCount": each.cpu,
        "MemorySize": each.memory_gib,
        "CpuArchitecture": each.architecture,
        "PhysicalProcessorModel": each.processor,
        "CpuOptions": {
            "Core": max(1, each.cpu // each.threads_per_core),
            "ThreadsPerCore": each.threads_per_core,
            "HyperThreadingAdjustable": each.threads_per_core > 1,
        },
        "SupportedBootModes": {"SupportedBootMode": list(each.boot_modes)},
        "SecurityOptions": {"SecureBootSupport": str(each.secure_boot).lower()},
        "NvmeSupport": each.nvme,
        "DiskQuantity": each.disk_quantity,
        "EniQuantity": each.eni_quantity,
        "EniTotalQuantity": each.eni_quantity,
        "EniPrivateIpAddressQuantity": each.eni_addresses,
        "EniIpv6AddressQuantity": each.eni_addresses,
        "JumboFrameSupport": each.jumbo_frame,
        "GPUAmount": each.gpu_amount,
        "GPUSpec": each.gpu_spec,
        "GPUMemorySize": each.gpu_memory_gib,
        "PrimaryEniQueueNumber": each.queues,
        "SecondaryEniQueueNumber": each.queues,
        "InstanceBandwidthRx": 512000 * each.cpu,
        "InstanceBandwidthTx": 512000 * each.cpu,
        "InstancePpsRx": 150000 * each.cpu,
        "InstancePpsTx": 150000 * each.cpu,
    }
    if each.local_disks:
        row["LocalStorageAmount"] = each.local_disks
        row["LocalStorageCapacity"] = each.local_disk_gib
        row["LocalStorageCategory"] = each.local_category
    if each.is_burstable:
        row["BaselineCredit"], row["InitialCredit"] = each.baseline_credit, each.initial_credit
    return row


def describe_image_support_instance_types(
    region: EcsRegion, params: Params, now: float
) -> dict[str, Any]:
    """List the types that an image runs on. Source: ECS DescribeImageSupportInstanceTypes."""
    del now
    image = find_image(region, params.required("ImageId"))
    if image is None:
        raise ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
    rows = [
        {
            "InstanceTypeId": each.type_id,
            "InstanceTypeFamily": each.family,
            "CpuCoreCount": each.cpu,
            "MemorySize": each.memory_gib,
        }
        for each in region.catalogue.types.values()
        if runs_on(image.os, each)
    ]
    return {
        "ImageId": image.image_id,
        "RegionId": region.region_id,
        "InstanceTypes": {"InstanceType": rows},
    }
