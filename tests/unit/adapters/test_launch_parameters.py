"""What RunInstances is asked for."""

import json
from dataclasses import replace

import pytest

from worker.adapters.ecs.launch_parameters import OPTIONAL_PARAMETERS, launch_parameters
from worker.core.model import Candidate, DiskSpec, LaunchSpec

SYSTEM = DiskSpec("system", "/dev/xvda", "cloud_essd", 40, performance_level="PL1")
DATA_C = DiskSpec("data", "/dev/xvdc", "cloud_auto", 200, provisioned_iops=900, bursting=False)
DATA_B = DiskSpec(
    "data",
    "/dev/xvdb",
    "cloud_efficiency",
    100,
    performance_level="PL1",
    encrypted=True,
    kms_key="k-1",
    snapshot_policy="sp-1",
    delete_with_instance=False,
)
SPEC = LaunchSpec(
    name="db[1,2]",
    security_groups=("sg-2", "sg-1"),
    tags=(("b", "2"), ("a", "1")),
    disks=(SYSTEM, DATA_C, DATA_B),
    source_type="ecs.g7.large",
    spot_strategy="SpotWithPriceLimit",
    description="primary",
    host_name="db-${instance_id}",
    spot_price_limit=0.35,
    spot_duration=6,
    interruption_behavior="Stop",
    key_pair="ops",
    ram_role="role",
    resource_group="rg-1",
    internet_charge_type="PayByTraffic",
    bandwidth_out=200,
    bandwidth_in=10,
    credit_specification="Standard",
    deployment_set="ds-1",
    http_endpoint="enabled",
    http_tokens="required",
    threads_per_core=1,
    login_as_non_root=True,
)
OWN = Candidate("ecs.g7.large", "cn-hangzhou-h", "vsw-1")
NEVER = {
    "DeletionProtection",
    "PrivatePoolOptions",
    "DedicatedHostId",
    "Tenancy",
    "AutoReleaseTime",
    "HibernationOptions",
    "LaunchTemplateId",
    "SecurityEnhancementStrategy",
    "MinAmount",
    "UserData",
    "Password",
}


def ask(spec: LaunchSpec = SPEC, candidate: Candidate = OWN, *drop: str) -> dict[str, object]:
    return launch_parameters(spec, candidate, image_id="m-1", token="t-1", drop=drop)


def test_clone_asks_for_everything_the_source_had() -> None:
    """One instance, from the image, under the token, as the source was."""
    params = ask()

    assert params == {
        "Amount": 1,
        "ClientToken": "t-1",
        "ImageId": "m-1",
        "InstanceType": "ecs.g7.large",
        "ZoneId": "cn-hangzhou-h",
        "VSwitchId": "vsw-1",
        "InstanceChargeType": "PostPaid",
        "SecurityGroupIds": ["sg-2", "sg-1"],
        "Tag": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
        "SpotStrategy": "SpotWithPriceLimit",
        "SpotPriceLimit": 0.35,
        "SpotDuration": 1,
        "SpotInterruptionBehavior": "Stop",
        "InstanceName": "db_1_2_",
        "Description": "primary",
        "HostName": "db-instance-id",
        "RamRoleName": "role",
        "ResourceGroupId": "rg-1",
        "DeploymentSetId": "ds-1",
        "HttpEndpoint": "enabled",
        "HttpTokens": "required",
        "CpuOptions": {"ThreadsPerCore": 1},
        "ImageOptions": {"LoginAsNonRoot": True},
        "KeyPairName": "ops",
        "InternetMaxBandwidthOut": 100,
        "InternetMaxBandwidthIn": 10,
        "InternetChargeType": "PayByTraffic",
        "SystemDisk": {"Size": "40", "Category": "cloud_essd", "PerformanceLevel": "PL1"},
        "DataDisk": [
            {
                "Device": "/dev/xvdb",
                "Size": 100,
                "DeleteWithInstance": False,
                "Category": "cloud_efficiency",
                "Encrypted": "true",
                "KMSKeyId": "k-1",
                "AutoSnapshotPolicyId": "sp-1",
            },
            {
                "Device": "/dev/xvdc",
                "Size": 200,
                "DeleteWithInstance": True,
                "Category": "cloud_auto",
                "ProvisionedIops": 900,
                "BurstingEnabled": False,
            },
        ],
    }


def test_same_input_gives_the_same_bytes() -> None:
    """A repeated token with other parameters would be refused."""
    shuffled = replace(SPEC, tags=SPEC.tags[::-1], disks=SPEC.disks[::-1])

    assert json.dumps(ask()) == json.dumps(ask(shuffled))


@pytest.mark.parametrize("drop", [(), tuple(sorted(OPTIONAL_PARAMETERS))])
def test_some_parameters_are_never_sent(drop: tuple[str, ...]) -> None:
    """Each of them is refused for spot, or changes what is bought."""
    assert not NEVER & set(ask(SPEC, OWN, *drop))


@pytest.mark.parametrize(
    ("reported", "out", "asked"), [(100, 5, 10), (200, 20, 20), (200, 200, 100), (8, 5, 8)]
)
def test_no_more_comes_in_than_is_sold(reported: int, out: int, asked: int) -> None:
    """Source: RunInstances, InternetMaxBandwidthIn: as much as goes out, or 10 where that is less."""
    spec = replace(SPEC, bandwidth_in=reported, bandwidth_out=out)

    assert ask(spec, OWN)["InternetMaxBandwidthIn"] == asked


@pytest.mark.parametrize(
    "name", sorted(OPTIONAL_PARAMETERS - {"SpotDuration", "AutoSnapshotPolicyId"})
)
def test_dropped_parameter_is_left_out(name: str) -> None:
    """What the cloud refuses is not sent again."""
    assert name not in ask(SPEC, OWN, name)


def test_dropped_protection_is_sent_as_none() -> None:
    """Left out it would be one hour."""
    assert ask(SPEC, OWN, "SpotDuration")["SpotDuration"] == 0


def test_dropped_snapshot_policy_leaves_the_disk() -> None:
    """It is a part of each disk."""
    assert "sp-1" not in json.dumps(ask(SPEC, OWN, "AutoSnapshotPolicyId"))


def test_without_key_pair_the_password_of_the_image_is_kept() -> None:
    """The image has it, and nobody else does."""
    for params in (ask(replace(SPEC, key_pair="")), ask(SPEC, OWN, "KeyPairName")):
        assert params["PasswordInherit"] is True
        assert "KeyPairName" not in params


def test_source_without_static_address_asks_for_no_bandwidth() -> None:
    """Any would make a new public address, beside which no elastic one can be bound."""
    params = ask(replace(SPEC, bandwidth_out=0))

    assert not [name for name in params if name.startswith("Internet")]


def test_other_type_gets_no_processor_options() -> None:
    """They are valid for the type they were read from."""
    params = ask(SPEC, replace(OWN, instance_type="ecs.g8i.large"))

    assert "CpuOptions" not in params


def test_credits_go_to_burstable_types_only() -> None:
    """Every other type refuses them."""
    assert "CreditSpecification" not in ask()
    burstable = ask(SPEC, replace(OWN, instance_type="ecs.t6-c1m2.large"))
    assert burstable["CreditSpecification"] == "Standard"


def test_pay_as_you_go_candidate_has_no_spot_terms() -> None:
    """A strategy would make it a spot instance again."""
    params = ask(SPEC, replace(OWN, spot=False))

    assert not [name for name in params if name.startswith("Spot")]


def test_unknown_name_is_not_dropped_silently() -> None:
    """It would be sent all the same, and refused for ever."""
    with pytest.raises(ValueError, match="ImageId"):
        ask(SPEC, OWN, "ImageId")
