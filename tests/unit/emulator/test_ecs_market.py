"""What is on sale: types, stock, prices."""

from typing import Any

from emulator.state.ecs.catalogue import Catalogue
from tests.unit.emulator.ecs_bench import START, ZONE, Bench

HOUR = 3600.0


def available(bench: Bench, **params: Any) -> dict[str, dict[str, str]]:
    given = {"DestinationResource": "InstanceType", "ZoneId": ZONE, **params}
    answer = bench.call("DescribeAvailableResource", **given)
    (zone,) = answer["AvailableZones"]["AvailableZone"]
    resources = zone.get("AvailableResources", {"AvailableResource": []})["AvailableResource"]
    rows = [row for each in resources for row in each["SupportedResources"]["SupportedResource"]]
    return {row["Value"]: row for row in rows}


def test_the_catalogue_is_wide_and_shared() -> None:
    catalogue = Catalogue.load()

    assert Catalogue.load() is catalogue
    assert len(catalogue.types) > 180
    assert {each.architecture for each in catalogue.types.values()} == {"X86", "ARM"}
    assert all(len(region.zones) >= 3 for region in catalogue.regions.values())
    assert any(each.memory_gib == 0.5 for each in catalogue.types.values())
    assert len(catalogue.region("eu-none-1").zones) == 3


def test_newer_types_look_unavailable_without_a_disk_category() -> None:
    bench = Bench()

    assert available(bench, InstanceType="ecs.g7.large") == {}
    shown = available(bench, InstanceType="ecs.g7.large", SystemDiskCategory="cloud_essd")
    assert shown["ecs.g7.large"]["StatusCategory"] == "WithStock"


def test_stock_shows_in_status_and_category() -> None:
    bench = Bench()
    given = {"InstanceType": "ecs.g7.large", "SystemDiskCategory": "cloud_essd"}
    seen = []
    for count in (None, 20, 2, 0):
        bench.ecs.set_stock(ZONE, "ecs.g7.large", count=count)
        row = available(bench, **given)["ecs.g7.large"]
        seen.append((row["Status"], row["StatusCategory"]))

    assert seen == [
        ("Available", "WithStock"),
        ("Available", "WithStock"),
        ("Available", "ClosedWithStock"),
        ("SoldOut", "WithoutStock"),
    ]
    closed = available(bench, InstanceType="ecs.t5-c1m4.large")
    assert closed["ecs.t5-c1m4.large"]["StatusCategory"] == "ClosedWithoutStock"


def test_memory_is_exact_or_at_least_as_assumed() -> None:
    given = {"Cores": 2, "Memory": "8.0", "SystemDiskCategory": "cloud_essd"}
    exact = available(Bench(), **given)
    least = available(Bench(assumed={"memory_filter_exact": False}), **given)

    assert "ecs.g7.large" in exact
    assert "ecs.r7.large" not in exact
    assert "ecs.r7.large" in least


def test_what_describe_available_resource_refuses() -> None:
    bench = Bench()
    refused = bench.refused
    name = "DescribeAvailableResource"
    assert refused(name) == (400, "Invalid.Param")
    assert refused(name, DestinationResource="Boat") == (404, "Invalid.DestinationResource")
    both = {"DestinationResource": "InstanceType", "InstanceType": "ecs.g7.large", "Cores": 2}
    assert refused(name, **both) == (403, "InvalidParam.TypeAndCpuMem.Conflict")
    assert refused(name, DestinationResource="Zone", Memory=2) == (403, "InvalidParam.Memory")


def test_disks_of_a_type() -> None:
    bench = Bench()
    shown = available(bench, DestinationResource="SystemDisk", InstanceType="ecs.g8i.large")

    assert set(shown) == {"cloud_essd", "cloud_auto"}
    assert shown["cloud_essd"]["Unit"] == "GiB"


def types(bench: Bench, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    token = ""
    while True:
        more = {"NextToken": token} if token else {}
        answer = bench.call("DescribeInstanceTypes", **params, **more)
        rows += answer["InstanceTypes"]["InstanceType"]
        token = answer["NextToken"]
        if not token:
            return rows


def test_types_come_in_pages_of_a_hundred() -> None:
    bench = Bench()
    first = bench.call("DescribeInstanceTypes")

    assert len(first["InstanceTypes"]["InstanceType"]) == 100
    assert len(types(bench)) == len(Catalogue.load().types)


def test_types_can_be_filtered() -> None:
    bench = Bench()
    same = types(bench, MinimumMemorySize=8, MaximumMemorySize=8.0, CpuArchitecture="ARM")

    assert {row["InstanceTypeId"] for row in same} == {"ecs.g8y.large", "ecs.c8y.xlarge"}
    named = types(bench, InstanceTypes=["ecs.t6-c1m1.large", "ecs.none"])
    assert [row["InitialCredit"] for row in named] == [60]
    assert bench.refused("DescribeInstanceTypes", InstanceTypes=["x"] * 11)[0] == 400
    assert {row["GPUSpec"] for row in types(bench, MinimumGPUAmount=1)} == {
        "NVIDIA A10",
        "NVIDIA T4",
    }


def test_types_that_an_image_runs_on() -> None:
    bench = Bench()
    answer = bench.call(
        "DescribeImageSupportInstanceTypes", ImageId="centos_7_9_x64_20G_alibase_20240628.vhd"
    )
    ids = {row["InstanceTypeId"] for row in answer["InstanceTypes"]["InstanceType"]}

    assert "ecs.g6.large" in ids
    assert ids.isdisjoint({"ecs.g8i.large", "ecs.g8y.large", "ecs.ebmg7.32xlarge"})


def test_price_history_is_the_same_for_whoever_asks_and_when() -> None:
    bench = Bench()
    window = {"StartTime": "2026-11-18T00:00:00Z", "EndTime": "2026-11-18T05:00:00Z"}
    given = {"InstanceType": "ecs.g7.large", "NetworkType": "vpc", "ZoneId": ZONE, **window}
    first = bench.call("DescribeSpotPriceHistory", **given)["SpotPrices"]["SpotPriceType"]
    bench.ecs.set_price(ZONE, "ecs.g7.large", 9.0, bench.now)
    bench.wait(2 * HOUR)
    second = bench.call("DescribeSpotPriceHistory", **given)["SpotPrices"]["SpotPriceType"]

    assert len(first) == 6
    assert first == second
    assert all(0 < row["SpotPrice"] < row["OriginPrice"] for row in first)


def test_price_history_ends_now_and_shows_a_set_price() -> None:
    bench = Bench(now=START - START % HOUR)
    bench.ecs.set_price(ZONE, "ecs.g7.large", 9.0, bench.now)
    given = {"InstanceType": "ecs.g7.large", "NetworkType": "vpc", "ZoneId": ZONE}
    rows = bench.call("DescribeSpotPriceHistory", **given)["SpotPrices"]["SpotPriceType"]

    assert [row["SpotPrice"] == 9.0 for row in rows] == [False, False, False, True]
    late = {**given, "StartTime": "2026-01-01T00:00:00Z"}
    assert bench.refused("DescribeSpotPriceHistory", **late)[1] == "InvalidParams.StartTime"
    assert bench.refused("DescribeSpotPriceHistory", InstanceType="ecs.g7.large")[0] == 400


def test_price_and_advice() -> None:
    bench = Bench()
    given = {"InstanceType": "ecs.g7.large", "ZoneId": ZONE}
    plain = bench.call("DescribePrice", **given)["PriceInfo"]["Price"]
    spot = bench.call("DescribePrice", SpotStrategy="SpotAsPriceGo", **given)["PriceInfo"]["Price"]
    advice = bench.call("DescribeSpotAdvice", Cores=2, Memory=8.0, ZoneId=ZONE)
    (zone,) = advice["AvailableSpotZones"]["AvailableSpotZone"]
    rows = zone["AvailableSpotResources"]["AvailableSpotResource"]

    assert spot["TradePrice"] < plain["TradePrice"] == spot["OriginalPrice"]
    assert "ecs.g7.large" in {row["InstanceType"] for row in rows}
    assert {row["InterruptRateDesc"] for row in rows} <= {"0-3", "3-5", "5-10", "10-100"}


def test_price_of_a_disk_grows_with_its_size() -> None:
    """A disk is priced by itself; category and size are what the call needs."""
    bench = Bench()

    def price(**disk: object) -> float:
        answer = bench.call("DescribePrice", ResourceType="disk", DataDisk=[disk])
        return float(answer["PriceInfo"]["Price"]["TradePrice"])

    assert price(Category="cloud_essd", Size=200) == 2 * price(Category="cloud_essd", Size=100)
    assert bench.refused("DescribePrice", ResourceType="disk")[1] == "MissingParameter"
    for disk in ({"Category": "cloud_essd"}, {"Category": "tape", "Size": 40}):
        refusal = bench.refused("DescribePrice", ResourceType="disk", DataDisk=[disk])
        assert refusal[0] == 400
    assert bench.refused("DescribePrice", ResourceType="bandwidth")[1] == "InvalidParameter"
