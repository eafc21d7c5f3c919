"""What deletes: three calls, forced where they must be, and every definite refusal is an answer."""

from collections.abc import Callable

import pytest

from tests.unit.adapters.conftest import ScriptedCloud
from worker.adapters.ecs.call import ApiRefusal, ConnectionLost, EcsCall
from worker.adapters.ecs.deletion import EcsDeletion
from worker.adapters.ecs.disk_settings import EcsDiskSettings
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.prices import EcsPrices
from worker.core.errors import Throttled, UnknownOutcome
from worker.core.leftovers import Kind, Leftover
from worker.core.model import Accepted, DeleteAnswer, Gone, Refused
from worker.operator_ports import Price

Over = Callable[[EcsCall], Endpoint]
Script = Callable[..., ScriptedCloud]

DISK = Leftover(Kind.DISK, "d-1", category="cloud_essd", size=40, performance_level="PL1", zone="z")


@pytest.mark.parametrize(
    ("kind", "action", "params"),
    [
        (Kind.IMAGE, "DeleteImage", {"ImageId": "x-1", "Force": True}),
        (Kind.SNAPSHOT, "DeleteSnapshot", {"SnapshotId": "x-1", "Force": True}),
        (Kind.DISK, "DeleteDisk", {"DiskId": "x-1"}),
    ],
)
def test_each_kind_has_its_call(
    endpoint_over: Over, scripted: Script, kind: Kind, action: str, params: dict[str, object]
) -> None:
    """One call, with exactly these parameters."""
    cloud = scripted({})

    assert EcsDeletion(endpoint_over(cloud)).delete(kind, "x-1") == Accepted("x-1")
    ((called, sent),) = cloud.calls
    assert (called, {**params, "RegionId": sent["RegionId"]}) == (action, sent)


@pytest.mark.parametrize(("kind", "resource_id"), [(Kind.INSTANCE, "i-1"), (Kind.DISK, "")])
def test_an_instance_is_never_deleted(
    endpoint_over: Over, scripted: Script, kind: Kind, resource_id: str
) -> None:
    """Not even a call is made; nor for an id that is none."""
    cloud = scripted()

    with pytest.raises(ValueError, match="nothing deletes"):
        EcsDeletion(endpoint_over(cloud)).delete(kind, resource_id)
    assert cloud.calls == []


@pytest.mark.parametrize(
    ("kind", "code", "answer"),
    [
        (Kind.IMAGE, "ImageUseShared", Refused("ImageUseShared")),
        (Kind.IMAGE, "Forbidden.RAM", Refused("Forbidden.RAM")),
        (Kind.IMAGE, "InvalidImageId.NotFound", Accepted("x-1")),
        (Kind.SNAPSHOT, "SnapshotCreatedImage", Refused("SnapshotCreatedImage")),
        (Kind.SNAPSHOT, "InvalidSnapshotId.NotFound", Accepted("x-1")),
        (Kind.DISK, "IncorrectDiskStatus", Refused("IncorrectDiskStatus")),
        (Kind.DISK, "InvalidDiskId.NotFound", Gone("InvalidDiskId.NotFound")),
        (Kind.DISK, "Never.Heard.Of", Refused("Never.Heard.Of")),
    ],
)
def test_a_refusal_is_an_answer(
    endpoint_over: Over, scripted: Script, kind: Kind, code: str, answer: DeleteAnswer
) -> None:
    """So that the sweep goes on with the next thing."""
    assert EcsDeletion(endpoint_over(scripted(ApiRefusal(403, code)))).delete(kind, "x-1") == answer


def test_a_lost_answer_and_a_refusal_for_rate_are_told_apart(
    endpoint_over: Over, scripted: Script
) -> None:
    """One is looked up, the other waited out."""
    with pytest.raises(UnknownOutcome):
        EcsDeletion(endpoint_over(scripted(ConnectionLost("reset")))).delete(Kind.IMAGE, "m-1")
    with pytest.raises(Throttled):
        EcsDeletion(endpoint_over(scripted(ApiRefusal(400, "Throttling.User")))).delete(
            Kind.IMAGE, "m-1"
        )


def price(hourly: float, **more: object) -> dict[str, object]:
    return {"PriceInfo": {"Price": {"TradePrice": hourly, "Currency": "CNY", **more}}}


def test_disks_alike_are_priced_once(endpoint_over: Over, scripted: Script) -> None:
    """By the hour, told by the month of 730 hours."""
    cloud = scripted(price(0.028))
    prices = EcsPrices(endpoint_over(cloud))

    assert prices.monthly(DISK) == prices.monthly(DISK) == Price(20.44, "CNY")
    ((action, sent),) = cloud.calls
    assert (action, sent["ResourceType"], sent["PriceUnit"]) == ("DescribePrice", "disk", "Hour")
    assert sent["DataDisk"] == [{"Category": "cloud_essd", "Size": 40, "PerformanceLevel": "PL1"}]


def test_an_instance_is_priced_without_its_disks(endpoint_over: Over, scripted: Script) -> None:
    """The whole price has a default disk in it."""
    details = {
        "DetailInfo": [
            {"Resource": "systemDisk", "TradePrice": 0.5},
            {"Resource": "instanceType", "TradePrice": 0.1},
        ]
    }
    spot = Leftover(Kind.INSTANCE, "i-1", instance_type="ecs.g7.large", zone="z", is_spot=True)

    assert EcsPrices(endpoint_over(scripted(price(0.6, DetailInfos=details)))).monthly(
        spot
    ) == Price(73.0, "CNY")


def test_what_has_no_price(endpoint_over: Over, scripted: Script) -> None:
    """An image is free, a snapshot's occupied space is not told, and bought performance neither."""
    cloud = scripted({})
    prices = EcsPrices(endpoint_over(cloud))

    assert prices.monthly(Leftover(Kind.IMAGE, "m-1")) == Price(0.0, "")
    assert prices.monthly(Leftover(Kind.SNAPSHOT, "s-1", size=40)) is None
    assert prices.monthly(Leftover(Kind.DISK, "d-1", provisioned_iops=1000)) is None
    assert cloud.calls == []
    assert prices.monthly(DISK) is None


def test_disks_are_marked_before_they_outlive(endpoint_over: Over, scripted: Script) -> None:
    """A refused mark changes nothing; more disks than a call takes are several calls."""
    refusing = scripted(ApiRefusal(403, "QuotaExceed.Tags"))
    disks = [f"d-{number}" for number in range(60)]

    refused = EcsDiskSettings(endpoint_over(refusing)).outlive(disks, owner="default")
    assert refused == Refused("QuotaExceed.Tags")
    assert [action for action, _ in refusing.calls] == ["TagResources"]

    taking = scripted({}, {}, {}, {})
    assert EcsDiskSettings(endpoint_over(taking)).outlive(disks, owner="default") == Accepted()
    assert [action for action, _ in taking.calls] == ["TagResources"] * 2 + [
        "ModifyDiskAttribute"
    ] * 2
