"""The ECS adapters turn the cloud's answers into those of the ports."""

import contextlib
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ports import ports_over
from tests.unit.adapters.conftest import ScriptedCloud
from worker.adapters.ecs.call import ApiRefusal, EcsCall
from worker.adapters.ecs.commands import EcsCommands
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.tagging import EcsTagging
from worker.core.errors import Permanent, RecreationError, UnknownOutcome
from worker.core.identity import TAG_ID
from worker.core.model import (
    Accepted,
    Candidate,
    CommandResult,
    Exists,
    Gone,
    LaunchAnswer,
    LaunchSpec,
    NoStock,
    NotReady,
    Refused,
    Unsupported,
)
from worker.core.model import Script as InstanceScript

Over = Callable[[EcsCall], Endpoint]
Script = Callable[..., ScriptedCloud]

SPEC = LaunchSpec("db", ("sg-1",), (), (), "ecs.g7.large", "SpotAsPriceGo")
CANDIDATE = Candidate("ecs.g7.large", "cn-hangzhou-h", "vsw-1")


def refused(code: str, status: int = 403) -> ApiRefusal:
    return ApiRefusal(status, code)


def create(endpoint: Endpoint) -> object:
    return ports_over(endpoint).images.create(
        "i-1", name="recreation-1", token="t", tags={"b": "", "a": ""}
    )


def launch(endpoint: Endpoint, *drop: str) -> LaunchAnswer:
    return ports_over(endpoint).instances.launch(
        SPEC, CANDIDATE, image_id="m-1", token="t", drop=drop
    )


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("InvalidImageName.Duplicated", Exists()),
        ("IdempotenceParamNotMatch", Exists()),
        ("InvalidInstanceId.NotFound", Gone("InvalidInstanceId.NotFound")),
        ("QuotaExceed.ConcurrentSnapshotQuota", NotReady("QuotaExceed.ConcurrentSnapshotQuota")),
        ("InvalidInstance.NotFoundSystemDisk", Refused("InvalidInstance.NotFoundSystemDisk")),
    ],
)
def test_refused_image_is_an_answer(
    endpoint_over: Over, scripted: Script, code: str, answer: object
) -> None:
    """The step expects each of them."""
    assert create(endpoint_over(scripted(refused(code)))) == answer


def test_image_that_a_person_must_make_possible(endpoint_over: Over, scripted: Script) -> None:
    """The advice travels with the error."""
    with pytest.raises(Permanent, match="quota"):
        create(endpoint_over(scripted(refused("QuotaExceed.Image"))))


def test_image_is_asked_for_in_a_fixed_order(endpoint_over: Over, scripted: Script) -> None:
    """Name, token and tags come from the id alone, so twins ask for the same bytes."""
    cloud = scripted({"ImageId": "m-1"})

    assert create(endpoint_over(cloud)) == Accepted("m-1")
    assert cloud.calls[0][1]["Tag"] == [{"Key": "a", "Value": ""}, {"Key": "b", "Value": ""}]


@pytest.mark.parametrize("body", [{}, {"ImageId": None}, {"InstanceIdSets": {"InstanceIdSet": []}}])
def test_success_without_an_id_is_an_unknown_outcome(
    endpoint_over: Over, scripted: Script, body: dict[str, Any]
) -> None:
    """Something was made, and only the same token tells what."""
    with pytest.raises(UnknownOutcome):
        create(endpoint_over(scripted(body)))
    with pytest.raises(UnknownOutcome):
        launch(endpoint_over(scripted(body)))


def test_image_is_found_by_its_exact_name(endpoint_over: Over, scripted: Script) -> None:
    """The cloud's filter is fuzzy, and hides what is not Available unless it is asked."""
    images = [{"ImageId": "m-1", "ImageName": "recreation-12"}, {"ImageName": "recreation-1"}]
    right = {"ImageId": "m-2", "ImageName": "recreation-1", "Status": "CreateFailed"}
    cloud = scripted({"Images": {"Image": [*images, right]}})

    found = ports_over(endpoint_over(cloud)).images.find("recreation-1")

    assert found is not None
    assert found.image_id == "m-2"
    assert cloud.calls[0][1]["Status"] == "ALL"
    assert cloud.calls[0][1]["ImageOwnerAlias"] == "self"


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("OperationDenied.NoStock", NoStock("OperationDenied.NoStock")),
        ("Brand.New", NoStock("Brand.New", is_known=False)),
        ("IdempotentParameterMismatch", Exists()),
        ("IncorrectVSwitchStatus", NotReady("IncorrectVSwitchStatus")),
        ("InvalidKeyPairName.NotFound", Unsupported("KeyPairName", "InvalidKeyPairName.NotFound")),
    ],
)
def test_refused_launch_is_an_answer(
    endpoint_over: Over, scripted: Script, code: str, answer: object
) -> None:
    """The step expects each of them."""
    assert launch(endpoint_over(scripted(refused(code)))) == answer


def test_parameter_that_was_left_out_is_not_refused_twice(
    endpoint_over: Over, scripted: Script
) -> None:
    """Then it is the candidate that does not fit; otherwise the launch would never move on."""
    endpoint = endpoint_over(scripted(refused("InvalidKeyPairName.NotFound")))

    assert launch(endpoint, "KeyPairName") == NoStock("InvalidKeyPairName.NotFound")


def test_forbidden_launch_needs_a_person(endpoint_over: Over, scripted: Script) -> None:
    """No other type or zone helps."""
    with pytest.raises(Permanent, match="role"):
        launch(endpoint_over(scripted(refused("InvalidUser.PassRoleForbidden"))))


def test_replacements_are_checked_for_their_tag(endpoint_over: Over, scripted: Script) -> None:
    """A filter that the cloud did not understand must not adopt strangers."""
    ours = {"InstanceId": "i-1", "Tags": {"Tag": [{"TagKey": TAG_ID, "TagValue": "r"}]}}
    cloud = scripted({"Instances": {"Instance": [ours, {"InstanceId": "i-2"}]}})

    found = ports_over(endpoint_over(cloud)).instances.find_tagged("r")

    assert [one.instance_id for one in found] == ["i-1"]


def test_stop_is_gentle_and_keeps_the_place(endpoint_over: Over, scripted: Script) -> None:
    """A forced stop would lose what is not flushed."""
    cloud = scripted({})

    assert ports_over(endpoint_over(cloud)).instances.stop("i-1") == Accepted("i-1")
    assert cloud.calls[0][1]["ForceStop"] is False
    assert cloud.calls[0][1]["StoppedMode"] == "KeepCharging"


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("Forbidden.RAM", Refused("Forbidden.RAM")),
        ("DiskNotPortable", Refused("DiskNotPortable")),
        ("IncorrectInstanceStatus", Refused("IncorrectInstanceStatus")),
        ("Brand.New", Refused("Brand.New")),
        ("InvalidInstanceId.NotFound", Gone("InvalidInstanceId.NotFound")),
    ],
)
def test_refusals_that_can_be_lived_without(
    endpoint_over: Over, scripted: Script, code: str, answer: object
) -> None:
    """Keeping, tagging and stopping never stand in the way of the image."""
    endpoint = endpoint_over(scripted(*[refused(code)] * 4))

    assert ports_over(endpoint).disks.keep(["d-1"]) == answer
    assert ports_over(endpoint).disks.release(["d-1"]) == answer
    assert EcsTagging(endpoint).tag("disk", ["d-1"], {"a": "1"}) == answer
    assert ports_over(endpoint).instances.stop("i-1") == answer


def test_disks_are_kept_in_one_call(endpoint_over: Over, scripted: Script) -> None:
    """At most three serial calls stand before CreateImage, however many disks there are."""
    cloud = scripted({})

    ports_over(endpoint_over(cloud)).disks.keep([f"d-{n}" for n in range(100)])

    assert len(cloud.calls) == 1
    assert cloud.calls[0][1]["DeleteWithInstance"] is False


def test_nothing_to_change_is_no_call(endpoint_over: Over, scripted: Script) -> None:
    """The cloud refuses an empty list."""
    endpoint = endpoint_over(scripted())

    assert ports_over(endpoint).disks.keep([]) == Accepted()
    assert EcsTagging(endpoint).tag("disk", [], {"a": "1"}) == Accepted()


@pytest.mark.parametrize("size", [101, 51])
def test_too_many_for_one_call(endpoint_over: Over, scripted: Script, size: int) -> None:
    """Sending fewer than were asked for would lie."""
    endpoint = endpoint_over(scripted())
    ids = ["x"] * size

    with pytest.raises(ValueError, match="at most"):
        (
            ports_over(endpoint).disks.keep(ids)
            if size > 100
            else EcsTagging(endpoint).tag("disk", ids, {"a": ""})
        )


def types(*found: tuple[str, float]) -> dict[str, Any]:
    bodies = [{"InstanceTypeId": name, "MemorySize": memory} for name, memory in found]
    return {"InstanceTypes": {"InstanceType": bodies}}


def test_types_have_exactly_the_memory(endpoint_over: Over, scripted: Script) -> None:
    """Whether the filter's ends belong to it is not documented; the source's type comes anyway."""
    cloud = scripted(types(("b", 8.0), ("a", 8.0), ("c", 16.0)), types(("old", 7.5)))

    found = ports_over(endpoint_over(cloud)).stock.instance_types(memory=8.0, architecture_of="old")

    assert [one.name for one in found] == ["a", "b", "old"]
    assert cloud.calls[1][1]["InstanceTypes"] == ["old"]


def test_look_reads_instance_and_disks(endpoint_over: Over, scripted: Script) -> None:
    """One round trip when there are threads, two calls when there are not."""
    cloud = scripted(
        {"Instances": {"Instance": [{"InstanceId": "i-1"}]}},
        {"Disks": {"Disk": [{"DiskId": "d-1"}, {"Size": 3}]}},
    )

    look = ports_over(endpoint_over(cloud)).sources.look("i-1")

    assert look.instance is not None
    assert [disk.disk_id for disk in look.disks] == ["d-1"]
    assert "META_OPTIONS" in cloud.calls[0][1]["AdditionalAttributes"]


def test_role_is_the_instances_own(endpoint_over: Over, scripted: Script) -> None:
    """An instance without one has an empty name."""
    sets = [{"InstanceId": "i-2", "RamRoleName": "x"}, {"InstanceId": "i-1", "RamRoleName": "db"}]
    cloud = scripted({"InstanceRamRoleSets": {"InstanceRamRoleSet": sets}}, {})
    sources = ports_over(endpoint_over(cloud)).sources

    assert sources.ram_role("i-1") == "db"
    assert sources.ram_role("i-1") == ""


words = st.none() | st.integers() | st.text(max_size=3) | st.booleans()
bodies = st.dictionaries(
    st.sampled_from(
        [
            "Instances",
            "Instance",
            "Disks",
            "Disk",
            "Images",
            "Image",
            "ImageId",
            "ImageName",
            "InstanceIdSets",
            "InstanceIdSet",
            "VSwitches",
            "VSwitch",
            "InstanceTypes",
            "InstanceType",
            "TotalCount",
            "InstanceRamRoleSets",
            "InstanceRamRoleSet",
            "InstanceId",
            "Tags",
            "Tag",
            "OperationLocks",
        ]
    ),
    st.recursive(
        words,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    ["Instance", "Disk", "Image", "InstanceIdSet", "InstanceId", "Tag"]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    ),
    max_size=4,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies)
def test_mangled_answers_raise_errors_of_ours_only(
    endpoint_over: Over, body: dict[str, Any]
) -> None:
    """Nothing else comes through a port."""
    endpoint = endpoint_over(lambda *_: body)
    calls: list[Callable[[], object]] = [
        lambda: create(endpoint),
        lambda: ports_over(endpoint).images.find("n"),
        lambda: launch(endpoint),
        lambda: ports_over(endpoint).instances.find_tagged("r"),
        lambda: ports_over(endpoint).instances.stop("i-1"),
        lambda: ports_over(endpoint).sources.look("i-1"),
        lambda: ports_over(endpoint).sources.ram_role("i-1"),
        lambda: ports_over(endpoint).stock.instance_types(memory=8.0, architecture_of="t"),
        lambda: ports_over(endpoint).stock.vswitches("vpc-1"),
    ]
    for call in calls:
        with contextlib.suppress(RecreationError):
            call()


def invocation(**fields: Any) -> dict[str, Any]:
    row = {"InvokeId": "t-1", "InstanceId": "i-1", "InvocationStatus": "Success", **fields}
    return {"Invocation": {"InvocationResults": {"InvocationResult": [row]}}}


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({}, CommandResult(is_over=True)),
        ({"InvocationStatus": "Pending"}, CommandResult(is_over=False)),
        ({"InvocationStatus": "Failed"}, CommandResult(is_over=True, why="Failed")),
        (
            {"InvocationStatus": "Aborted", "ErrorCode": "ClientNotRunning"},
            CommandResult(is_over=True, why="ClientNotRunning"),
        ),
        ({"InvokeId": "t-2"}, None),
        ({"InstanceId": "i-2"}, None),
    ],
)
def test_command_tells_where_it_stands(
    endpoint_over: Over, scripted: Script, fields: dict[str, str], result: object
) -> None:
    """Only its own row counts."""
    commands = EcsCommands(endpoint_over(scripted(invocation(**fields))))

    assert commands.result("t-1", "i-1", within=5.0) == result


def test_command_is_sent_as_it_stands(endpoint_over: Over, scripted: Script) -> None:
    """Encoded, bounded by the agent too, and under the token."""
    cloud = scripted({"InvokeId": "t-1"})
    script = InstanceScript("echo {{x}}", "powershell", 2.5)

    answer = EcsCommands(endpoint_over(cloud)).run("i-1", script, token="t", within=5.0)

    assert answer == Accepted("t-1")
    sent = cloud.calls[0][1]
    assert b64decode(sent["CommandContent"]).decode() == "echo {{x}}"
    assert (sent["Type"], sent["ContentEncoding"]) == ("RunPowerShellScript", "Base64")
    assert (sent["Timeout"], sent["ClientToken"], sent["InstanceId"]) == (3, "t", ["i-1"])


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("InvalidInstanceId.NotFound", Gone("InvalidInstanceId.NotFound")),
        ("Forbidden.RAM", Refused("Forbidden.RAM")),
        ("Brand.New", Refused("Brand.New")),
    ],
)
def test_refused_command_is_an_answer(
    endpoint_over: Over, scripted: Script, code: str, answer: object
) -> None:
    """It never stands in the way of the image."""
    commands = EcsCommands(endpoint_over(scripted(refused(code))))

    assert commands.run("i-1", InstanceScript("sync"), token="t", within=5.0) == answer


def test_command_without_a_run_is_no_answer(endpoint_over: Over, scripted: Script) -> None:
    """Asked again under its token."""
    commands = EcsCommands(endpoint_over(scripted({})))

    with pytest.raises(UnknownOutcome):
        commands.run("i-1", InstanceScript("sync"), token="t", within=5.0)
