"""The control API and the page: what a person or a test does to the cloud."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from emulator.state.ecs.seed import DEFAULT_IMAGE

REGION = "cn-hangzhou"
JSON = {"content-type": "application/json"}


@pytest.fixture
def source(control: Callable[..., Any]) -> str:
    made = control("scenario", {"regions": {REGION: {"instances": [{"name": "web-1"}]}}})
    return str(made["instances"][REGION][0])


@pytest.fixture
def refuse(url: str, fetch: Callable[..., Any]) -> Callable[..., tuple[int, str]]:
    """Send an order that is refused; return status and reason."""

    def refuse(path: str, order: Any) -> tuple[int, str]:
        answer = fetch(f"{url}/_emulator/{path}", json.dumps(order).encode(), JSON)
        return answer.status, answer.json()["message"]

    return refuse


def test_the_clock(control: Callable[..., Any]) -> None:
    """Pause, jump, change the speed and run on; the formula always holds."""
    paused = control("clock", {"pause": True})
    jumped = control("clock", {"advance": 100})
    assert jumped["now"] == paused["now"] + 100
    assert (jumped["paused"], jumped["speed"]) == (True, 0)

    running = control("clock", {"resume": True, "speed": 2})

    assert running["now"] >= jumped["now"]
    assert running["speed"] == 2
    reading = control("clock")
    assert reading["now"] == reading["start"] + reading["speed"] * reading["elapsed_real"]


def test_every_answer_is_a_line(source: str, url: str, fetch: Callable[..., Any]) -> None:
    """What a shell writes after it, its prompt or the next command's answer, is not glued to it."""
    order = json.dumps({"instance_id": source}).encode()
    answers = [
        fetch(f"{url}/_emulator/interrupt", order, JSON),
        fetch(f"{url}/_emulator/interrupt", b"{}", JSON),
        fetch(f"{url}/_emulator/interrupt", order, {"content-type": "text/plain"}),
        fetch(f"{url}/_emulator/clock"),
        fetch(f"{url}/_emulator/nothing"),
    ]

    assert [one.status for one in answers] == [200, 400, 403, 200, 404]
    assert all(one.body.endswith(b"}\n") for one in answers)


def test_the_platform_acts_without_requests(source: str, control: Callable[..., Any]) -> None:
    """An interrupted instance is released when its time has come, though nobody asks."""
    control("interrupt", {"instance_id": source})
    control("clock", {"advance": 301})

    assert control("instances") == []
    released = [entry for entry in control("ledger") if entry["action"] == "Release"]
    assert [entry["resource_id"] for entry in released] == [source]


def test_a_name_that_only_one_has_is_enough(control: Callable[..., Any]) -> None:
    """Of two with the same name none is taken by chance; nor is one that nobody has."""
    for name in ("web-01", "twin", "twin"):
        control("scenario", {"regions": {REGION: {"instances": [{"name": name}]}}})
    control("interrupt", {"instance_id": "web-01"})

    assert [one["name"] for one in control("instances") if one["release_at"]] == ["web-01"]
    with pytest.raises(AssertionError, match="InvalidInstanceId"):
        control("interrupt", {"instance_id": "twin"})


def test_chance_can_be_taken_out_of_durations(control: Callable[..., Any]) -> None:
    """Two images of like servers then take the same time."""
    control("settings", {"jitter": 0})
    seeds = [{"name": f"even-{number}"} for number in range(3)]
    made = control("scenario", {"regions": {REGION: {"instances": seeds}}})["instances"][REGION]
    for number, instance in enumerate(made):
        asked = {"InstanceId": instance, "ImageName": f"even-{number}"}
        call = {"product": "ecs", "action": "CreateImage", "params": asked}
        control("scenario", {"regions": {REGION: {"calls": [call]}}})

    rows = [one for one in control("images") if one["name"].startswith("even-")]
    took = {round(one["finish_at"] - one["created_at"], 3) for one in rows}
    assert (len(rows), len(took)) == (3, 1)


def test_an_interruption_can_be_shaped(source: str, control: Callable[..., Any]) -> None:
    """Notice, lock and event can go otherwise, and the notice can be taken back."""
    notice = control("interrupt", {"instance_id": source, "notice_seconds": 60, "lock": False})
    assert notice["release_at"] - notice["t0"] == 60
    assert control("instances")[0]["locks"] == []

    control("cancel-interruption", {"instance_id": source})
    control("clock", {"advance": 120})

    assert control("instances")[0]["release_at"] is None


def test_a_written_file_is_shown(source: str, control: Callable[..., Any]) -> None:
    """What is flushed is on the disk; the rest is in the page cache."""
    control("clock", {"pause": True})
    file = {"instance_id": source, "disk": "/dev/xvda"}
    control("write", {**file, "path": "/a", "text": "数据", "flush": True})
    control("clock", {"advance": 0.5})
    control("write", {**file, "path": "/b", "text": "x"})

    shown = {entry["path"]: entry for entry in control("disks")[0]["content"]}

    assert (shown["/a"]["text"], shown["/a"]["flushed"]) == ("数据", True)
    assert shown["/b"]["flushed"] is False


def test_stock_and_price(control: Callable[..., Any], call_v1: Callable[..., Any]) -> None:
    """Stock and price are set apart; what is left out stays."""
    order = {"zone": "cn-hangzhou-h", "type": "ecs.g7.large"}
    control("stock", {**order, "count": 0})
    control("stock", {**order, "price": 0.123})

    stock = call_v1(
        "GET",
        "DescribeAvailableResource",
        {
            "RegionId": REGION,
            "DestinationResource": "InstanceType",
            "ZoneId": "cn-hangzhou-h",
            "InstanceType": "ecs.g7.large",
        },
    ).json()

    (zone,) = stock["AvailableZones"]["AvailableZone"]
    assert zone["Status"] == "SoldOut"


def test_an_image_can_be_ended(
    source: str, control: Callable[..., Any], call_v1: Callable[..., Any]
) -> None:
    """A running image succeeds or fails on order."""
    made = call_v1(
        "POST",
        "CreateImage",
        {"RegionId": REGION, "InstanceId": source, "ImageName": "recreation-1"},
    )

    control("end-image", {"image_id": made.json()["ImageId"], "available": False})

    assert control("images")[0]["status"] == "CreateFailed"


def test_a_scenario_in_one_order(control: Callable[..., Any]) -> None:
    """Queues, instances, stock, any call, and faults; `reset` empties the cloud first."""
    scenario = {
        "regions": {
            "cn-shanghai": {
                "queues": [{"name": "dead"}, {"name": "events", "attributes": {"DelaySeconds": 2}}],
                "instances": [{"name": "a"}, {"name": "b", "instance_type": "ecs.g7.xlarge"}],
                "stock": [{"zone": "cn-shanghai-b", "type": "ecs.g7.large", "count": 3}],
                "calls": [
                    {
                        "product": "vpc",
                        "action": "AllocateEipAddress",
                        "params": {"RegionId": "cn-shanghai"},
                    }
                ],
            }
        },
        "faults": [{"answer": "drop", "action": "RunInstances"}],
    }

    control("scenario", scenario)
    control("reset", scenario)

    assert [row["name"] for row in control("instances")] == ["a", "b"]
    assert {row["region"] for row in control("instances")} == {"cn-shanghai"}
    assert [row["name"] for row in control("queues")] == ["dead", "events"]
    assert len(control("faults")) == 1
    assert control("requests") == []


def test_a_scenario_names_what_a_launch_may_refer_to(control: Callable[..., Any]) -> None:
    """A role, or a set that no action here makes; the account's is known in each region."""
    control("scenario", {"regions": {"cn-shanghai": {"names": {"RamRoleName": ["app"]}}}})
    control("scenario", {"regions": {REGION: {"names": {"DeploymentSetId": ["ds-1"]}}}})
    asked = {
        "RamRoleName": "app",
        "DeploymentSetId": "ds-1",
        "ImageId": DEFAULT_IMAGE,
        "InstanceType": "ecs.g7.large",
    }
    call = {"product": "ecs", "action": "RunInstances", "params": asked}

    # Both are known, and so the next thing that is wanting is told.
    with pytest.raises(AssertionError, match="VSwitchId"):
        control("scenario", {"regions": {REGION: {"calls": [call]}}})


@pytest.mark.parametrize(
    ("path", "order", "status", "reason"),
    [
        ("scenario", {"regions": {REGION: {"names": {"Boat": ["b-1"]}}}}, 400, "Boat names"),
        ("clock", {"advance": -1}, 400, "advance"),
        ("clock", {"advance": 1e309}, 400, "advance"),
        ("clock", {"speed": 0}, 400, "speed"),
        ("clock", [], 400, "object"),
        ("clock", {"forward": 1}, 400, "forward"),
        ("interrupt", {}, 400, "instance_id"),
        ("interrupt", {"instance_id": "i-nowhere"}, 404, "InstanceId"),
        ("write", {"instance_id": "i-x", "disk": "d", "path": "/a"}, 404, "InstanceId"),
        ("stock", {"zone": "nowhere", "type": "ecs.g7.large"}, 404, "zone"),
        ("stock", {"region": "nowhere", "zone": "z", "type": "t"}, 404, "region"),
        ("end-image", {"image_id": "m-x", "available": True}, 404, "ImageId"),
        ("redeliver", {"queue": "nowhere", "message_id": "x"}, 404, "queue"),
        ("scenario", {"regions": {"nowhere": {}}}, 400, "nowhere"),
        ("scenario", {"regions": {REGION: {"instances": [{"nam": "x"}]}}}, 400, "nam"),
        ("scenario", {"faults": [{"answer": "explode"}]}, 400, "answer"),
    ],
)
def test_senseless_orders(
    refuse: Callable[..., tuple[int, str]], path: str, order: Any, status: int, reason: str
) -> None:
    """An order that makes no sense is refused with one sentence that says why."""
    told = refuse(path, order)

    assert told[0] == status
    assert reason in told[1]


@pytest.mark.usefixtures("source")
def test_what_there_is(control: Callable[..., Any]) -> None:
    """The index names every dump, and every dump can be read."""
    index = control("")

    for path in index["GET"]:
        control(path.removeprefix("/_emulator/"))
    assert "/_emulator/interrupt" in index["POST"]


def test_the_page_is_self_contained(url: str, fetch: Callable[..., Any]) -> None:
    """The page loads nothing from elsewhere and runs no inline script."""
    page = fetch(f"{url}/")
    script = fetch(f"{url}/_emulator/web/page.js")
    style = fetch(f"{url}/_emulator/web/page.css")

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for asset in (page, script, style):
        assert asset.status == 200
        assert b"//" not in asset.body.replace(b"// ", b"")
    assert b"<script>" not in page.body
    for markup in (b"innerHTML", b"outerHTML", b"insertAdjacentHTML", b"document.write", b"eval("):
        assert markup not in script.body


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"content-type": "text/plain"}, 403),
        ({"host": "localhost:1"}, 200),
    ],
)
def test_other_web_pages_cannot_steer(
    url: str, fetch: Callable[..., Any], headers: dict[str, str], status: int
) -> None:
    """Orders come from this machine, as JSON, and from no other page."""
    answer = fetch(f"{url}/_emulator/clock", b'{"advance": 1}', {**JSON, **headers})

    assert answer.status == status


@pytest.mark.parametrize(
    "path", ["_emulator/nothing", "_emulator/web/../page.js", "_emulator/web/x"]
)
def test_what_there_is_not(url: str, fetch: Callable[..., Any], path: str) -> None:
    """Unknown paths are 404."""
    assert fetch(f"{url}/{path}").status == 404


def test_a_request_that_is_too_large(url: str, fetch: Callable[..., Any]) -> None:
    """Nothing that the cloud accepts is larger than two mebibytes."""
    assert fetch(f"{url}/", b"x" * (2 * 1024 * 1024 + 1)).status == 413
