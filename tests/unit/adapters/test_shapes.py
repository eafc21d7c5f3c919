"""Descriptions of the cloud are read whatever they hold."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.ecs import fields, shapes

INSTANCE = {
    "InstanceId": "i-1",
    "Status": "Running",
    "InstanceType": "ecs.g7.large",
    "ZoneId": "cn-hangzhou-h",
    "Memory": 512,
    "Cpu": 2,
    "VpcAttributes": {
        "VpcId": "vpc-1",
        "VSwitchId": "vsw-1",
        "PrivateIpAddress": {"IpAddress": ["10.0.0.9"]},
    },
    "PublicIpAddress": {"IpAddress": []},
    "EipAddress": {"AllocationId": "eip-1", "IpAddress": "203.0.113.9"},
    "OperationLocks": {"LockReason": [{"LockReason": "Recycling", "LockMsg": "financial"}]},
    "Tags": {"Tag": [{"TagKey": "app", "TagValue": "db"}, {"TagKey": "", "TagValue": "x"}]},
    "SecurityGroupIds": {"SecurityGroupId": ["sg-1", "sg-2"]},
    "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required"},
    "CpuOptions": {"ThreadsPerCore": 1, "CoreCount": 1},
    "ImageOptions": {"LoginAsNonRoot": True},
    "SpotPriceLimit": 0.35,
    "SpotInterruptionBehavior": "Stop",
}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=8)
    | st.sampled_from(["i-1", "true", "1e999", "9" * 400, "32%"])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


def mangled(keys: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(keys, anything, max_size=12)


def test_instance_is_read() -> None:
    """Every field that a clone depends on has its place."""
    instance = shapes.instance_of(INSTANCE)

    assert instance is not None
    assert instance.memory == 0.5
    assert instance.is_recycling
    assert instance.is_economical
    assert instance.public_ip is None
    assert instance.eip_allocation == "eip-1"
    assert instance.private_ip == "10.0.0.9"
    assert instance.tags == {"app": "db"}
    assert instance.security_groups == ("sg-1", "sg-2")
    assert instance.threads_per_core == 1
    assert instance.login_as_non_root is True


def test_description_without_id_is_no_instance() -> None:
    """There is nothing to act on."""
    assert shapes.instance_of({"Status": "Running"}) is None


def test_disk_that_does_not_say_goes_with_its_instance() -> None:
    """It is then kept once too often, which loses nothing."""
    disk = shapes.disk_of({"DiskId": "d-1", "Type": "data", "Category": "cloud_essd"})

    assert disk is not None
    assert disk.delete_with_instance
    assert disk.is_cloud


@pytest.mark.parametrize(
    "category", ["local_ssd_pro", "ephemeral_ssd", "elastic_ephemeral_disk_standard"]
)
def test_local_disks_are_told_apart(category: str) -> None:
    """No image holds their content."""
    disk = shapes.disk_of({"DiskId": "d-1", "Category": category})

    assert disk is not None
    assert not disk.is_cloud


@pytest.mark.parametrize(
    ("body", "usable"),
    [
        ({"Status": "Available", "Usable": False}, False),
        ({"Status": "Creating", "Usable": True}, True),
        ({"Status": "Available"}, True),
        ({"Status": "Creating"}, False),
    ],
)
def test_usable_is_what_the_cloud_says(body: dict[str, Any], usable: bool) -> None:  # noqa: FBT001
    """The status stands in only where the field is absent."""
    image = shapes.image_of({"ImageId": "m-1", "ImageName": "n", **body})

    assert image is not None
    assert image.usable is usable


def test_progress_of_an_image_is_a_percentage() -> None:
    """The cloud writes it as text with a sign."""
    image = shapes.image_of({"ImageId": "m-1", "Progress": "32%"})

    assert image is not None
    assert image.percent == 32


def test_type_is_read() -> None:
    """Burstable and generation follow from level and family."""
    found = shapes.instance_type_of(
        {
            "InstanceTypeId": "ecs.t6-c1m2.large",
            "InstanceTypeFamily": "ecs.t6",
            "InstanceFamilyLevel": "CreditEntryLevel",
            "MemorySize": 4.0,
            "SupportedBootModes": {"SupportedBootMode": ["BIOS", "UEFI"]},
        }
    )

    assert found is not None
    assert found.burstable
    assert found.generation == "6"
    assert found.boot_modes == ("BIOS", "UEFI")


READERS: list[tuple[Callable[[Mapping[str, Any]], object], str]] = [
    (shapes.instance_of, "InstanceId"),
    (shapes.disk_of, "DiskId"),
    (shapes.image_of, "ImageId"),
    (shapes.instance_type_of, "InstanceTypeId"),
    (shapes.vswitch_of, "VSwitchId"),
]
KEYS = st.sampled_from(
    [
        *INSTANCE,
        "Category",
        "Size",
        "DeleteWithInstance",
        "Progress",
        "Usable",
        "DiskDeviceMappings",
        "MemorySize",
        "InstanceTypeFamily",
        "SupportedBootModes",
        "AvailableIpAddressCount",
        "ProvisionedIops",
    ]
)


@given(body=mangled(KEYS), name=st.text(min_size=1, max_size=5))
def test_no_body_breaks_a_reader(body: dict[str, Any], name: str) -> None:
    """Whatever a field holds reads as its type or as empty."""
    for read, key in READERS:
        read({**body, key: name})
        read(body)


@given(value=anything)
def test_numbers_are_finite(value: object) -> None:
    """Sizes and counts can be calculated with."""
    assert abs(fields.number({"n": value}, "n")) < 1e18
    assert isinstance(fields.integer({"n": value}, "n"), int)
