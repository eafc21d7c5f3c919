"""RunInstances: what is kept, what is refused, stock, tokens and launches that vanish."""

from typing import Any

import pytest

from tests.unit.emulator.ecs_bench import REGION, ZONE, Bench


def test_an_accepted_launch_becomes_running_in_steps() -> None:
    bench = Bench()
    launched = bench.run(bench.seed())
    seen = []
    for _ in range(4):
        seen.append(bench.instance(launched)["Status"])
        bench.wait(5)

    assert seen == ["Pending", "Starting", "Starting", "Running"]


def test_everything_asked_for_can_be_read_back() -> None:
    bench = Bench()
    source = bench.seed(
        security_groups=2, ram_role_name="role", options={"resource_group_id": "rg-1"}
    )
    launched = bench.run(
        source,
        InstanceName="db-1",
        HostName="db",
        Description="main",
        SpotDuration=0,
        SpotInterruptionBehavior="Stop",
        KeyPairName="emulator-key",
        RamRoleName="role",
        UserData="IyEvYmluL3NoCg==",
        ResourceGroupId="rg-1",
        InternetMaxBandwidthOut=5,
        HttpTokens="required",
        CpuOptions={"ThreadsPerCore": 1},
        Tag=[{"Key": "team", "Value": "a"}],
        SystemDisk={"Category": "cloud_auto", "Size": "60", "ProvisionedIops": 100},
        DataDisk=[{"Category": "cloud_essd", "Size": 30, "DeleteWithInstance": False}],
        NetworkInterfaceQueueNumber=4,
    )
    row = bench.instance(launched, AdditionalAttributes=["META_OPTIONS"])
    system, data = bench.disks(InstanceId=launched)

    assert (row["InstanceName"], row["HostName"], row["Description"]) == ("db-1", "db", "main")
    assert (row["SpotDuration"], row["SpotInterruptionBehavior"]) == (0, "Stop")
    assert (row["KeyPairName"], row["ResourceGroupId"]) == ("emulator-key", "rg-1")
    assert row["MetadataOptions"]["HttpTokens"] == "required"
    assert row["CpuOptions"]["ThreadsPerCore"] == 1
    assert len(row["PublicIpAddress"]["IpAddress"]) == 1
    assert len(row["SecurityGroupIds"]["SecurityGroupId"]) == 2
    assert (system["Category"], system["Size"], system["ProvisionedIops"]) == (
        "cloud_auto",
        60,
        100,
    )
    assert (data["Size"], data["DeleteWithInstance"], data["Device"]) == (30, False, "/dev/xvdb")


def test_tags_reach_disks_and_primary_interface_as_assumed() -> None:
    tag = [{"Key": "team", "Value": "a"}]
    for reach in (True, False):
        bench = Bench(assumed={"launch_tags_reach_disks": reach})
        bench.run(bench.seed(), Tag=tag)
        assert len(bench.disks(Tag=tag)) == int(reach)


def test_a_full_image_brings_its_data_disks_in_the_default_category() -> None:
    bench = Bench(assumed={"default_disk_category": "cloud_essd"})
    source = bench.seed(data_disks=[{"size": 50, "files": {"/f": "1"}}])
    image_id = bench.call("CreateImage", InstanceId=source)["ImageId"]
    bench.wait(100)
    plain = bench.run(source, ImageId=image_id)
    changed = bench.run(
        source,
        ImageId=image_id,
        DataDisk=[{"Device": "/dev/xvdb", "Category": "cloud_auto", "Size": 60}],
    )

    assert [(d["Category"], d["Size"]) for d in bench.disks(InstanceId=plain)][1] == (
        "cloud_essd",
        50,
    )
    row = bench.disks(InstanceId=changed)[1]
    assert (row["Category"], row["Size"]) == ("cloud_auto", 60)
    assert bench.ecs.disk_content(row["DiskId"], bench.now).files == {"/f": "1"}
    too_small = [{"Device": "/dev/xvdb", "Size": 10}]
    refusal = bench.refused(
        "RunInstances", **bench.launch(source, ImageId=image_id, DataDisk=too_small)
    )
    assert refusal == (400, "InvalidDataDiskSize.ValueNotSupported")


def test_an_image_must_be_usable() -> None:
    bench = Bench()
    source = bench.seed()
    image_id = bench.call("CreateImage", InstanceId=source)["ImageId"]

    refusal = bench.refused("RunInstances", **bench.launch(source, ImageId=image_id))
    assert refusal == (403, "OperationDenied")
    bench.wait(100)
    bench.run(source, ImageId=image_id)


REFUSALS: list[tuple[dict[str, Any], int, str]] = [
    ({"ImageId": None}, 400, "MissingParameter"),
    ({"ImageId": "m-none"}, 404, "InvalidImageId.NotFound"),
    ({"InstanceType": "ecs.none.large"}, 400, "InvalidInstanceType.ValueNotSupported"),
    ({"InstanceType": "ecs.g8y.large"}, 403, "ImageNotSupportInstanceType"),
    ({"VSwitchId": None}, 400, "MissingParameter"),
    ({"VSwitchId": "vsw-none"}, 404, "InvalidVSwitchId.NotFound"),
    ({"ZoneId": "cn-hangzhou-i"}, 400, "InvalidParameter.Mismatch"),
    ({"ZoneId": "cn-none-a"}, 404, "InvalidZoneId.NotFound"),
    ({"SecurityGroupIds": None}, 400, "MissingParameter"),
    ({"SecurityGroupIds": ["sg-none"]}, 404, "InvalidSecurityGroupId.NotFound"),
    ({"SecurityGroupId": "sg-1"}, 400, "InvalidSecurityGroupId.SingleIdAndMultiIdConflict"),
    ({"DeletionProtection": True}, 403, "InvalidChargeType.ValueNotSupported"),
    ({"PrivatePoolOptions": {"MatchCriteria": "Open"}}, 400, "SpotNotSupported"),
    ({"SpotStrategy": "Cheap"}, 400, "InvalidSpotStrategy"),
    ({"SpotDuration": 3}, 400, "InvalidSpotDuration"),
    ({"SpotInterruptionBehavior": "Sleep"}, 400, "InvalidSpotInterruptionBehavior"),
    ({"InstanceChargeType": "PrePaid"}, 400, "InvalidSpotPrepaid"),
    ({"SpotStrategy": "SpotWithPriceLimit"}, 400, "InvalidSpotPriceLimit"),
    (
        {"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": "0.1234"},
        400,
        "InvalidSpotPriceLimit",
    ),
    (
        {"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": 0.001},
        400,
        "InvalidSpotPriceLimit.LowerThanPublicPrice",
    ),
    ({"Password": "Fake-1234", "PasswordInherit": True}, 400, "InvalidPasswordParam.Mismatch"),
    ({"KeyPairName": "emulator-key", "PasswordInherit": True}, 400, "InvalidParameter.Conflict"),
    ({"KeyPairName": "none"}, 404, "InvalidKeyPairName.NotFound"),
    ({"CreditSpecification": "Standard"}, 400, "InvalidParameter.CreditSpecification"),
    ({"UserData": "not base64!"}, 400, "InvalidUserData.Base64FormatInvalid"),
    ({"HttpTokens": "maybe"}, 400, "InvalidHttpTokens.NotSupported"),
    ({"InternetMaxBandwidthOut": 101}, 400, "InvalidParameter"),
    ({"SystemDisk": {"Category": "floppy"}}, 400, "InvalidSystemDiskCategory.ValueNotSupported"),
    (
        {"SystemDisk": {"Category": "cloud_efficiency"}},
        403,
        "InvalidInstanceType.NotSupportDiskCategory",
    ),
    ({"SystemDisk": {}}, 403, "InvalidInstanceType.NotSupportDiskCategory"),
    (
        {"SystemDisk": {"Category": "cloud_essd", "Size": "10"}},
        404,
        "InvalidSystemDiskSize.LessThanImageSize",
    ),
    (
        {"SystemDisk": {"Category": "cloud_auto", "PerformanceLevel": "PL1"}},
        400,
        "InvalidPerformanceLevel.Malformed",
    ),
    (
        {"SystemDisk": {"Category": "cloud_essd", "PerformanceLevel": "PL2"}},
        400,
        "InvalidSystemDiskSize.ValueNotSupported",
    ),
    (
        {"DataDisk": [{"Category": "cloud_essd", "SnapshotId": "s-none"}]},
        404,
        "InvalidDataDiskSnapshotId.NotFound",
    ),
    ({"PrivateIpAddress": "10.0.0.1"}, 400, "InvalidPrivateIpAddress"),
    ({"PrivateIpAddress": "x"}, 400, "InvalidPrivateIpAddress.Malformed"),
    ({"Tag": [{"Key": "acs:x"}]}, 400, "InvalidTagKey.Malformed"),
    ({"Tag": [{"Key": "a"}, {"Key": "a"}]}, 400, "Duplicate.TagKey"),
    ({"LaunchTemplateId": "lt-1"}, 404, "InvalidLaunchTemplate.NotFound"),
    ({"ClientToken": "x" * 65}, 400, "InvalidClientToken.ValueNotSupported"),
    ({"Amount": 101}, 400, "InvalidMaxAmount.Malformed"),
    ({"Amount": 0}, 400, "InvalidMaxAmount.Malformed"),
    ({"Amount": 2, "MinAmount": 3}, 400, "InvalidMinAmount.Malformed"),
    ({"MinAmount": 0}, 400, "InvalidMinAmount.Malformed"),
    ({"ImageFamily": "shop"}, 400, "UnexpectedImageFamily.ImageIdSupplied"),
    ({"InstanceName": "x"}, 400, "InvalidInstanceName.Malformed"),
    ({"InstanceName": "x" * 129}, 400, "InvalidInstanceName.Malformed"),
    ({"InstanceName": "http://shop"}, 400, "InvalidInstanceName.Malformed"),
    ({"InstanceName": "two words"}, 400, "InvalidInstanceName.Malformed"),
    ({"InstanceName": "web[1-4]"}, 400, "InvalidInstanceName.CustomMalformed"),
    ({"InstanceName": "web[1,4"}, 400, "InvalidInstanceName.CustomMalformed"),
    ({"HostName": "x"}, 400, "InvalidHostName.Malformed"),
    ({"HostName": "x" * 65}, 400, "InvalidHostName.Malformed"),
    ({"HostName": "-web"}, 400, "InvalidHostName.Malformed"),
    ({"HostName": "web."}, 400, "InvalidHostName.Malformed"),
    ({"HostName": "a..b"}, 400, "InvalidHostName.Malformed"),
    ({"HostName": "a--b"}, 400, "InvalidHostName.Malformed"),
    ({"HostName": "web_1"}, 400, "InvalidHostName.Malformed"),
    ({"HostName": "订单服务"}, 400, "InvalidHostName.Malformed"),
    ({"HostNames": ["web_1"]}, 400, "InvalidHostName.Malformed"),
    ({"HostNames": ["web", "api"]}, 403, "InvalidHostname.SizeInvalid"),
    (
        {"Amount": 2, "UniqueSuffix": True, "InstanceName": "x" * 126},
        403,
        "InvalidParams.InstanceNameExceed",
    ),
    (
        {"Amount": 2, "UniqueSuffix": True, "HostName": "x" * 62},
        403,
        "InvalidParams.HostnameExceed",
    ),
    ({"Description": "x"}, 400, "InvalidDescription.Malformed"),
    ({"Description": "https://shop"}, 400, "InvalidDescription.Malformed"),
    ({"Password": "Ab1-567"}, 400, "InvalidPassword.Malformed"),
    ({"Password": "abcdefgh1"}, 400, "InvalidPassword.Malformed"),
    ({"Password": "Abcdefg1 x"}, 400, "InvalidPassword.Malformed"),
    ({"InstanceChargeType": "Free"}, 404, "InvalidInstanceChargeType.NotFound"),
    ({"InternetChargeType": "Free"}, 400, "InvalidInternetChargeType.ValueNotSupported"),
    ({"IoOptimized": "true"}, 400, "InvalidIoOptimize.ValueNotSupported"),
    ({"Tenancy": "mine"}, 400, "InvalidParam.Tenancy"),
    ({"Affinity": "mine"}, 400, "InvalidParameter.Affinity"),
    ({"AutoPay": False}, 400, "InvalidAutoPay.PostPaidUnsupported"),
    ({"CpuOptions": {"TopologyType": "Round"}}, 400, "InvalidParameter.CpuOptionsTopologyType"),
    ({"AutoReleaseTime": "soon"}, 400, "InvalidAutoReleaseTime.Malformed"),
    ({"AutoReleaseTime": "2020-01-01T00:00:00Z"}, 400, "InvalidAutoReleaseTime.Malformed"),
    ({"AutoReleaseTime": "2099-01-01T00:00:00Z"}, 400, "InvalidAutoReleaseTime.Malformed"),
    (
        {"SystemDisk": {"Category": "cloud_essd", "DiskName": "x"}},
        400,
        "InvalidDiskName.Malformed",
    ),
    (
        {"SystemDisk": {"Category": "cloud_essd", "Description": "http://x"}},
        400,
        "InvalidDiskDescription.Malformed",
    ),
    (
        {"DataDisk": [{"Category": "cloud_essd", "Size": 20, "Device": "/dev/sdb"}]},
        400,
        "InvalidDataDevice.Malformed",
    ),
    (
        {"DataDisk": [{"Category": "cloud_essd", "Size": 20, "Device": "/dev/xvdb"}] * 2},
        403,
        "InvalidDevice.InUse",
    ),
    (
        {"DataDisk": [{"Category": "cloud_essd", "Size": 20, "PerformanceLevel": "PL2"}]},
        403,
        "OperationDenied.PerformanceLevelNotMatch",
    ),
    (
        {"DataDisk": [{"Category": "cloud_essd", "Size": 20, "KMSKeyId": "key-1"}]},
        400,
        "InvalidEncrypted.NotMatchKmsKeyId",
    ),
    (
        {"DataDisk": [{"Category": "cloud_essd", "Size": 20, "ProvisionedIops": 100}]},
        400,
        "ProvisionedIopsForDiskCategoryUnsupported",
    ),
    (
        {"DataDisk": [{"Category": "cloud_essd", "Size": 20, "BurstingEnabled": True}]},
        400,
        "BurstingEnabledForDiskCategoryUnsupported",
    ),
    (
        {"DataDisk": [{"Category": "cloud_auto", "Size": 40, "ProvisionedIops": 36_201}]},
        400,
        "InvalidProvisionedIops.LimitExceed",
    ),
    ({"Ipv6AddressCount": 11}, 400, "InvalidParameter"),
    ({"DedicatedHostId": "dh-none"}, 400, "InvalidDedicatedHostId.NotFound"),
    ({"Tenancy": "host"}, 400, "NoAvaliableDedicatedHost"),
    (
        {"SchedulerOptions": {"DedicatedHostClusterId": "dc-none"}},
        400,
        "InvalidDedicatedHostClusterId.NotFound",
    ),
    ({"DeploymentSetId": "ds-none"}, 404, "DeploymentSet.NotFound"),
    ({"DeploymentSetGroupNo": 8}, 404, "InvalidParameter.DeploymentSetGroupNo"),
    ({"HpcClusterId": "hpc-none"}, 400, "InvalidHpcClusterId.NotFound"),
    ({"RamRoleName": "nobody"}, 404, "InvalidRamRole.NotFound"),
    ({"ResourceGroupId": "rg-none"}, 404, "InvalidResourceGroup.NotFound"),
    ({"StorageSetId": "ss-none"}, 403, "InvalidParameter.StorageSetId"),
    (
        {"SystemDisk": {"Category": "cloud_essd", "AutoSnapshotPolicyId": "sp-none"}},
        404,
        "InvalidAutoSnapshotPolicyId.NotFound",
    ),
    (
        {"SystemDisk": {"Category": "cloud_essd", "StorageClusterId": "dbsc-none"}},
        404,
        "InvalidStorageClusterId.NotExist",
    ),
    (
        {"SystemDisk": {"Category": "cloud_essd", "Encrypted": "true", "KMSKeyId": "none"}},
        404,
        "InvalidParameter.KMSKeyId.NotFound",
    ),
    (
        {"SystemDisk": {"Category": "cloud_essd", "EncryptAlgorithm": "AES256"}},
        400,
        "InvalidEncrypted.NotMatchEncryptAlgorithm",
    ),
    (
        {"SpotStrategy": "NoSpot", "PrivatePoolOptions": {"MatchCriteria": "Target"}},
        400,
        "MissingParameter.PrivatePoolOptions.Id",
    ),
    (
        {
            "SpotStrategy": "NoSpot",
            "PrivatePoolOptions": {"MatchCriteria": "Target", "Id": "eap-none"},
        },
        400,
        "Invalid.PrivatePoolOptions.Id",
    ),
    (
        {"SpotStrategy": "NoSpot", "PrivatePoolOptions": {"MatchCriteria": "Open", "Id": "eap-1"}},
        400,
        "Invalid.PrivatePoolOptionsId",
    ),
    ({"ImageId": None, "ImageFamily": "none"}, 403, "InvalidImageFamily.MissingAvailableImage"),
    ({"InternetMaxBandwidthIn": 0}, 400, "InvalidParameter"),
    ({"InternetMaxBandwidthIn": 11}, 400, "InvalidParameter"),
    (
        {"InternetMaxBandwidthIn": 21, "InternetMaxBandwidthOut": 20},
        400,
        "InvalidParameter",
    ),
    ({"HttpPutResponseHopLimit": 65}, 400, "InvalidHttpPutResponseHopLimit.NotSupported"),
    ({"IoOptimized": "none"}, 404, "DependencyViolation.IoOptimized"),
    ({"Isp": "BGP"}, 400, "InvalidBandwidthOut.LessThanZero"),
    ({"SpotStrategy": "NoSpot", "InstanceChargeType": "PrePaid"}, 400, "InvalidPeriod"),
    (
        {"SpotStrategy": "NoSpot", "InstanceChargeType": "PrePaid", "Period": 10},
        400,
        "InvalidPeriod",
    ),
    (
        {
            "SpotStrategy": "NoSpot",
            "InstanceChargeType": "PrePaid",
            "Period": 1,
            "PeriodUnit": "Year",
        },
        400,
        "InvalidPeriodType.ValueNotSupported",
    ),
    (
        {
            "SpotStrategy": "NoSpot",
            "InstanceChargeType": "PrePaid",
            "Period": 1,
            "AutoRenew": True,
            "AutoRenewPeriod": 4,
        },
        400,
        "InvalidAutoRenewPeriod.ValueNotSupported",
    ),
    (
        {"NetworkInterface": [{"SecondaryPrivateIpAddressCount": 6}]},
        403,
        "InvalidOperation.Ipv4CountExceeded",
    ),
    ({"Ipv6AddressCount": 7}, 403, "InvalidOperation.Ipv6CountExceeded"),
    (
        {"Amount": 2, "NetworkInterface": [{"PrimaryIpAddress": "172.16.16.9"}]},
        400,
        "InvalidPrimaryIpAddress.SizeInvalid",
    ),
    (
        {"Amount": 2, "PrivateIpAddress": "172.16.16.9", "NetworkInterface": [{}]},
        400,
        "InvalidParam.SecondaryNetworkInterface",
    ),
    (
        {"SystemDisk": {"Category": "cloud_essd_entry", "Size": "2049"}},
        400,
        "InvalidSystemDiskSize.ValueNotSupported",
    ),
    (
        {"DataDisk": [{"Category": "cloud_essd_entry", "Size": 32_769}]},
        400,
        "InvalidDataDiskSize.ValueNotSupported",
    ),
]


@pytest.mark.parametrize(("params", "status", "code"), REFUSALS, ids=lambda x: str(x)[:48])
def test_refusals(params: dict[str, Any], status: int, code: str) -> None:
    bench = Bench()
    source = bench.seed()
    before = len(bench.world.ledger)

    assert bench.refused("RunInstances", **bench.launch(source, **params)) == (status, code)
    assert len(bench.world.ledger) == before
    assert len(bench.instances()) == 1


def test_what_a_scenario_or_a_seed_has_named_can_be_launched_with() -> None:
    """A role and a resource group are the account's, the others belong to a region."""
    bench = Bench()
    source = bench.seed(
        ram_role_name="app",
        system_disk={"encrypted": True, "kms_key_id": "k-1", "auto_snapshot_policy_id": "sp-1"},
        options={"deployment_set_id": "ds-1", "resource_group_id": "rg-1"},
    )
    bench.ecs.declare("HpcClusterId", ["hpc-1"])
    disk = {"Category": "cloud_essd", "AutoSnapshotPolicyId": "sp-1"}

    assert bench.run(
        source,
        RamRoleName="app",
        DeploymentSetId="ds-1",
        ResourceGroupId="rg-1",
        HpcClusterId="hpc-1",
        SystemDisk={**disk, "Encrypted": "true", "KMSKeyId": "k-1"},
    )
    with pytest.raises(ValueError, match="Boat names nothing here; there is AutoSnapshotPolicyId"):
        bench.ecs.declare("Boat", ["b-1"])


def test_a_policy_that_was_made_here_can_be_launched_with() -> None:
    bench = Bench()
    made = bench.call(
        "CreateAutoSnapshotPolicy",
        regionId=REGION,
        repeatWeekdays='["1"]',
        timePoints='["0"]',
        retentionDays=7,
    )
    disk = {"Category": "cloud_essd", "AutoSnapshotPolicyId": made["AutoSnapshotPolicyId"]}

    assert bench.run(bench.seed(), SystemDisk=disk)


def test_addresses_of_several_instances_follow_each_other() -> None:
    """From the given one on, and none of them may be taken."""
    bench = Bench()
    source = bench.seed(private_ip="172.16.16.12")
    two = bench.launch(source, Amount=2, PrivateIpAddress="172.16.16.9")
    ids = bench.call("RunInstances", **two)["InstanceIdSets"]["InstanceIdSet"]
    rows = [bench.instance(each)["VpcAttributes"]["PrivateIpAddress"] for each in ids]

    assert [row["IpAddress"] for row in rows] == [["172.16.16.9"], ["172.16.16.10"]]
    into_the_taken = bench.launch(source, Amount=2, PrivateIpAddress="172.16.16.11")
    refusal = bench.refused("RunInstances", **into_the_taken)
    assert refusal == (400, "InvalidPrivateIpAddress.Duplicated")


def test_an_interface_that_exists_goes_to_one_instance() -> None:
    bench = Bench()
    source = bench.seed()
    region = bench.ecs.region
    vswitch, group = region.instances[source].vswitch_id, next(iter(region.security_groups))
    free = bench.call("CreateNetworkInterface", VSwitchId=vswitch, SecurityGroupId=group)
    existing = [{"NetworkInterfaceId": free["NetworkInterfaceId"]}]

    refusal = bench.refused(
        "RunInstances", **bench.launch(source, Amount=2, NetworkInterface=existing)
    )
    assert refusal == (403, "InvalidParam.Amount")


def test_a_security_group_is_named_once() -> None:
    bench = Bench()
    source = bench.seed()
    group = next(iter(bench.ecs.region.security_groups))

    refusal = bench.refused("RunInstances", **bench.launch(source, SecurityGroupIds=[group] * 2))
    assert refusal == (400, "InvalidParameter.SecurityGroupIdRepeated")


@pytest.mark.parametrize(("out", "into"), [(0, 10), (5, 10), (10, 10), (20, 20)])
def test_as_much_comes_in_as_goes_out_and_at_least_ten(out: int, into: int) -> None:
    """So a launch has it that does not say, and a seeded instance."""
    bench = Bench()
    seeded = bench.seed(bandwidth_out=out)
    launched = bench.run(seeded, InternetMaxBandwidthOut=out)

    for each in (seeded, launched):
        assert bench.instance(each)["InternetMaxBandwidthIn"] == into


def test_a_type_that_the_zone_does_not_sell() -> None:
    bench = Bench()
    refusal = bench.refused(
        "RunInstances",
        **bench.launch(
            bench.seed(), InstanceType="ecs.ebmg7.32xlarge", SystemDisk={"Category": "cloud_essd"}
        ),
    )
    assert refusal == (403, "InvalidResourceType.NotSupported")


def test_a_dedicated_host_silently_makes_it_pay_as_you_go() -> None:
    bench = Bench()
    bench.ecs.declare("DedicatedHostId", ["dh-1"])
    source = bench.seed()

    for host in ({"Tenancy": "host"}, {"DedicatedHostId": "dh-1"}):
        launched = bench.run(source, **host)
        assert bench.instance(launched)["SpotStrategy"] == "NoSpot"


def test_stock_runs_out_and_deletion_gives_it_back() -> None:
    bench = Bench()
    source = bench.seed()
    bench.ecs.set_stock(ZONE, "ecs.g7.large", count=1)
    launched = bench.run(source)

    refusal = bench.refused("RunInstances", **bench.launch(source))
    assert refusal == (403, "OperationDenied.NoStock")
    bench.wait(60)
    bench.call("DeleteInstance", InstanceId=launched, Force=True)
    bench.run(source)


def test_a_stock_refusal_sticks_to_its_token_as_assumed() -> None:
    for sticky in (True, False):
        bench = Bench(assumed={"refusals_stick_to_token": sticky})
        source = bench.seed()
        bench.ecs.set_stock(ZONE, "ecs.g7.large", count=0)
        first = bench.launch(source, ClientToken="t")
        assert bench.refused("RunInstances", **first)[1] == "OperationDenied.NoStock"
        bench.ecs.set_stock(ZONE, "ecs.g7.large", count=None)
        if sticky:
            assert bench.refused("RunInstances", **first)[1] == "OperationDenied.NoStock"
            bench.run(source, ClientToken="other")
        else:
            bench.run(source, ClientToken="t")


def test_a_token_gives_one_instance_only() -> None:
    bench = Bench()
    source = bench.seed()
    first = bench.run(source, ClientToken="t")

    assert bench.run(source, ClientToken="t") == first
    refusal = bench.refused("RunInstances", **bench.launch(source, ClientToken="t", HostName="x"))
    assert refusal == (400, "IdempotentParameterMismatch")
    assert len(bench.ledger("RunInstances")) == 1


def test_a_token_makes_no_difference_between_text_and_numbers() -> None:
    bench = Bench()
    source = bench.seed()
    first = bench.run(source, ClientToken="t", SpotDuration="1", DryRun="False")

    assert bench.run(source, ClientToken="t", SpotDuration=1, DryRun=False) == first


def test_a_forgotten_token_makes_a_second_instance() -> None:
    bench = Bench(assumed={"client_token_seconds": 120.0})
    source = bench.seed()
    first = bench.run(source, ClientToken="t")
    bench.wait(121)

    assert bench.run(source, ClientToken="t") != first


def test_a_dry_run_checks_stock_and_creates_nothing() -> None:
    bench = Bench()
    source = bench.seed()
    given = bench.launch(source, DryRun=True, ClientToken="t")

    assert bench.refused("RunInstances", **given) == (400, "DryRunOperation")
    bench.ecs.set_stock(ZONE, "ecs.g7.large", count=0)
    assert bench.refused("RunInstances", **given)[1] == "OperationDenied.NoStock"
    assert bench.ledger("RunInstances") == []


def test_a_launch_may_vanish_and_says_so_as_assumed() -> None:
    for announced in (True, False):
        bench = Bench(assumed={"vanish_announced": announced})
        source = bench.seed()
        bench.ecs.vanish_next()
        launched = bench.run(source)
        assert bench.instance(launched)["Status"] == "Pending"
        bench.wait(10)
        kinds = {each["type"] for each in bench.events}
        told = bench.call("DescribeInstanceHistoryEvents", InstanceId=launched)

        assert launched not in bench.instances()
        assert bench.disks(InstanceId=launched) != bench.disks(InstanceId=source)
        assert ("ecs:Instance:SystemFailure.Delete" in kinds) is announced
        assert told["TotalCount"] == int(announced)


def test_a_private_address_can_be_asked_for_when_it_is_free() -> None:
    bench = Bench()
    source = bench.seed(private_ip="172.16.16.9")
    refusal = bench.refused("RunInstances", **bench.launch(source, PrivateIpAddress="172.16.16.9"))

    assert refusal == (400, "InvalidPrivateIpAddress.Duplicated")
    given = bench.launch(source, PrivateIpAddress="172.16.16.9")
    bench.call("DeleteInstance", InstanceId=source, Force=True)
    bench.wait(29)
    assert bench.refused("RunInstances", **given)[1] == "InvalidPrivateIpAddress.Duplicated"
    bench.wait(1)
    answer = bench.call("RunInstances", **given)
    assert bench.instance(answer["InstanceIdSets"]["InstanceIdSet"][0])


def test_a_vswitch_without_addresses() -> None:
    bench = Bench()
    source = bench.seed()
    networks = bench.vpc.networks
    small = networks.add_vswitch(networks.default_vpc_id, ZONE, "192.168.0.0/29")
    for _ in range(4):
        bench.run(source, VSwitchId=small)

    refusal = bench.refused("RunInstances", **bench.launch(source, VSwitchId=small))
    assert refusal == (403, "QuotaExceeded.PrivateIpAddress")


def test_interfaces_of_a_launch() -> None:
    bench = Bench()
    source = bench.seed()
    region = bench.ecs.region
    vswitch, group = region.instances[source].vswitch_id, next(iter(region.security_groups))
    free = bench.call("CreateNetworkInterface", VSwitchId=vswitch, SecurityGroupId=group)
    primary = {"InstanceType": "Primary", "VSwitchId": vswitch, "SecurityGroupIds": [group]}
    existing = {"InstanceType": "Secondary", "NetworkInterfaceId": free["NetworkInterfaceId"]}
    launched = bench.run(
        source, VSwitchId=None, SecurityGroupIds=None, NetworkInterface=[primary, existing]
    )

    attached = region.instances[launched].interface_ids
    assert attached[1] == free["NetworkInterfaceId"]
    refusal = bench.refused("RunInstances", **bench.launch(source, NetworkInterface=[primary]))
    assert refusal == (400, "InvalidParam.NetworkInterface")
    many = [{"InstanceType": "Secondary"}] * 3
    refusal = bench.refused("RunInstances", **bench.launch(source, NetworkInterface=many))
    assert refusal == (403, "MaxEniCountExceeded")


def test_several_instances_and_their_names() -> None:
    bench = Bench()
    source = bench.seed()
    answer = bench.call("RunInstances", **bench.launch(source, Amount=2, InstanceName="web[10,3]x"))
    ids = answer["InstanceIdSets"]["InstanceIdSet"]

    assert [bench.instance(each)["InstanceName"] for each in ids] == ["web010x", "web011x"]
    bench.ecs.set_stock(ZONE, "ecs.g7.large", count=1)
    fewer = bench.call("RunInstances", **bench.launch(source, Amount=3, MinAmount=1))
    assert len(fewer["InstanceIdSets"]["InstanceIdSet"]) == 1


def test_a_nameless_instance_is_called_by_its_id() -> None:
    bench = Bench()
    launched = bench.run(bench.seed())

    assert bench.instance(launched)["InstanceName"] == launched


def test_the_spot_quota() -> None:
    bench = Bench(settings={"spot_vcpu_quota": 4})
    source = bench.seed()
    bench.run(source)

    assert bench.refused("RunInstances", **bench.launch(source)) == (
        403,
        "QuotaExceed.ElasticQuota",
    )
    used = bench.call("DescribeAccountAttributes", AttributeName=["used-spot-instance-vcpu-count"])
    item = used["AccountAttributeItems"]["AccountAttributeItem"][0]
    assert item["AttributeValues"]["ValueItem"] == [{"Value": "4"}]


def test_the_ledger_keeps_no_secrets() -> None:
    bench = Bench()
    bench.run(bench.seed(), Password="Fake-password-1", UserData="c2VjcmV0", ClientToken="t")
    entry = bench.ledger("RunInstances")[0]

    assert (entry.product, entry.region) == ("ecs", REGION)
    assert entry.detail["client_token"] == "t"
    assert "Fake-password-1" not in repr(entry)
    assert "c2VjcmV0" not in repr(entry)


def test_an_encrypted_snapshot_stays_encrypted() -> None:
    bench = Bench()
    source = bench.seed(system_disk={"encrypted": True})
    image_id = bench.call("CreateImage", InstanceId=source)["ImageId"]
    bench.wait(100)
    plain = {"Category": "cloud_essd", "Encrypted": "false"}
    refusal = bench.refused(
        "RunInstances", **bench.launch(source, ImageId=image_id, SystemDisk=plain)
    )

    assert refusal == (403, "InvalidEncrypted.NotMatchSnapshot")
    launched = bench.run(source, ImageId=image_id)
    assert bench.disks(InstanceId=launched)[0]["Encrypted"] is True


@pytest.mark.parametrize(
    ("given", "hosts"),
    [
        ({"HostNames": ["db-a", "db-b", "db-c"]}, ["db-a", "db-b", "db-c"]),
        ({"HostName": "k8s", "UniqueSuffix": True}, ["k8s001", "k8s002", "k8s003"]),
        ({"HostName": "web-[9,2]-x"}, ["web-09-x", "web-10-x", "web-11-x"]),
        ({"HostName": "web[]"}, ["web000000", "web000001", "web000002"]),
        ({"HostName": "web"}, ["web", "web", "web"]),
    ],
)
def test_the_names_of_hosts(given: dict[str, Any], hosts: list[str]) -> None:
    """They are given one by one, or count as the names of instances do."""
    bench = Bench()
    source = bench.seed()
    launch = bench.launch(source, Amount=3, **given)
    ids = bench.call("RunInstances", **launch)["InstanceIdSets"]["InstanceIdSet"]

    assert hosts == [bench.instance(each)["HostName"] for each in ids]


def test_a_host_can_be_named_by_its_instance() -> None:
    bench = Bench()
    launched = bench.run(bench.seed(), HostName="k8s-${instance_id}")

    assert bench.instance(launched)["HostName"] == f"k8s-{launched}"


def test_one_name_and_a_list_of_names_exclude_each_other() -> None:
    bench = Bench()
    both = bench.launch(bench.seed(), HostName="web", HostNames=["api"])

    refusal = bench.refused("RunInstances", **both)
    assert refusal == (403, "InvalidHostname.SingleAndMultiConflict")


@pytest.mark.parametrize(
    "given",
    [
        {"InstanceName": "订单服务-01:a.b_c"},
        {"InstanceName": "web[1,4]"},
        {"InstanceName": "[3,]"},
        {"HostName": "db-01.shop.internal"},
        {"HostName": "x" * 64},
        {"Description": "主库"},
        {"Password": "Abcdefg1"},
        {"Password": "abc()[]{}1"},
        {"AutoReleaseTime": "2027-06-01T00:00Z"},
        {"Tenancy": "default", "Affinity": "default", "IoOptimized": "optimized", "AutoPay": True},
        {"DataDisk": [{"Category": "cloud_auto", "Size": 40, "ProvisionedIops": 36_200}]},
        {
            "DataDisk": [
                {"Category": "cloud_essd", "Size": 20, "Encrypted": "true", "KMSKeyId": "k"}
            ]
        },
        {"DataDisk": [{"Category": "cloud_essd_entry", "Size": 32_768}]},
        {"InternetMaxBandwidthIn": 1},
        {"InternetMaxBandwidthIn": 20, "InternetMaxBandwidthOut": 20, "Isp": "BGP"},
        {"HttpPutResponseHopLimit": 64, "DeploymentSetGroupNo": 7},
        {"SpotStrategy": "NoSpot", "InstanceChargeType": "PrePaid", "Period": 36},
        {
            "SpotStrategy": "NoSpot",
            "InstanceChargeType": "PrePaid",
            "Period": 4,
            "PeriodUnit": "Week",
        },
        {"NetworkInterface": [{"SecondaryPrivateIpAddressCount": 5}]},
    ],
    ids=lambda given: str(given)[:48],
)
def test_what_a_launch_may_be_called(given: dict[str, Any]) -> None:
    """What stands at the edge of the documented ranges is taken."""
    bench = Bench()
    bench.ecs.declare("KMSKeyId", ["k"])

    assert bench.run(bench.seed(), **given)


@pytest.mark.parametrize("name", ["web", "1234567", "x" * 16, "a.b"])
def test_the_hosts_of_windows_have_shorter_names(name: str) -> None:
    bench = Bench()
    image = next(
        each
        for each in bench.images(ImageOwnerAlias="system", PageSize=100)
        if each["OSType"] == "windows"
    )
    launch = bench.launch(
        bench.seed(), ImageId=image["ImageId"], HostName=name, Password="Abcdefg1", UserData=None
    )

    if name == "web":
        bench.call("RunInstances", **launch)
    else:
        assert bench.refused("RunInstances", **launch) == (400, "InvalidHostName.Malformed")
