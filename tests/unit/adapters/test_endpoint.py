"""Every call asks the limiter, and every outcome becomes an error or an answer of ours."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.adapters.conftest import NOW, RecordedTelemetry, ScriptedCloud, StandingClock
from worker.adapters.ecs.call import ApiRefusal, ConnectionLost, EcsCall
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.error_map import Kind
from worker.core.errors import Permanent, Throttled, Transient, UnknownOutcome

Over = Callable[[EcsCall], Endpoint]
Script = Callable[..., ScriptedCloud]
SECRET = "the provider's own words"


def refusal(status: int, code: str) -> ApiRefusal:
    return ApiRefusal(status, code, SECRET, "req-1")


def test_every_call_names_its_region(endpoint_over: Over, scripted: Script) -> None:
    """The adapters do not repeat it."""
    cloud = scripted({})

    endpoint_over(cloud).read("DescribeImages", {"Status": "ALL"})

    assert cloud.calls == [("DescribeImages", {"RegionId": "cn-hangzhou", "Status": "ALL"})]


def test_lost_answer_of_a_read_is_harmless(endpoint_over: Over, scripted: Script) -> None:
    """Reading again changes nothing."""
    with pytest.raises(Transient) as caught:
        endpoint_over(scripted(ConnectionLost("reset"))).read("DescribeImages", {})

    assert not isinstance(caught.value, UnknownOutcome)


@pytest.mark.parametrize(
    "answer", [ConnectionLost(), refusal(500, "InternalError"), refusal(400, "LastTokenProcessing")]
)
def test_ambiguous_answer_to_a_change(
    endpoint_over: Over, scripted: Script, answer: Exception
) -> None:
    """The same token must be used again until the outcome is known."""
    with pytest.raises(UnknownOutcome):
        endpoint_over(scripted(answer)).change("RunInstances", {})


def test_busy_change_was_not_taken(endpoint_over: Over, scripted: Script) -> None:
    """It is repeated unchanged."""
    with pytest.raises(Transient) as caught:
        endpoint_over(scripted(refusal(409, "OperationConflict"))).change("CreateImage", {})

    assert caught.value.code == "OperationConflict"


def test_definite_refusal_is_a_value(endpoint_over: Over, scripted: Script) -> None:
    """Its adapter knows what it means there."""
    answer = endpoint_over(scripted(refusal(403, "Forbidden.RAM"))).change("CreateImage", {})

    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.PERMANENT
    assert answer.error.code == "Forbidden.RAM"
    assert "req-1" in answer.error.sentence
    assert "Grant" in answer.error.sentence


def test_providers_words_go_no_further(
    endpoint_over: Over, scripted: Script, telemetry: RecordedTelemetry
) -> None:
    """They may quote passwords and user data."""
    with pytest.raises(Permanent) as caught:
        endpoint_over(scripted(refusal(403, "Brand.New"))).read("DescribeImages", {})

    assert SECRET not in repr(telemetry.events) + caught.value.sentence
    assert telemetry.events == [
        ("unknown_provider_code", {"action": "DescribeImages", "code": "Brand.New", "status": 403})
    ]
    assert caught.value.__context__ is None


def test_unknown_caller_stops_even_what_could_be_lived_without(
    endpoint_over: Over, scripted: Script
) -> None:
    """No call can succeed until a person acts."""
    with pytest.raises(Permanent, match="credentials"):
        endpoint_over(scripted(refusal(403, "InvalidAccessKeyId.NotFound"))).change("Any", {})


def test_throttled_call_holds_back_the_next(endpoint_over: Over, scripted: Script) -> None:
    """Nothing is sent until the minute is over."""
    cloud = scripted(refusal(400, "Throttling.User"))
    endpoint = endpoint_over(cloud)

    with pytest.raises(Throttled) as first:
        endpoint.change("RunInstances", {})
    with pytest.raises(Throttled) as second:
        endpoint.change("RunInstances", {})

    assert len(cloud.calls) == 1
    assert first.value.retry_at > NOW
    assert second.value.retry_at >= first.value.retry_at


def test_throttle_of_one_action_leaves_the_others(endpoint_over: Over, scripted: Script) -> None:
    """The cloud counts per API."""
    endpoint = endpoint_over(scripted(refusal(400, "Throttling"), {"ok": True}))

    with pytest.raises(Throttled):
        endpoint.read("DescribeImages", {})

    assert endpoint.read("DescribeDisks", {}) == {"ok": True}


def test_absence_is_an_answer_of_a_read(endpoint_over: Over, scripted: Script) -> None:
    """Nothing is there; nothing is wrong."""
    cloud = scripted(refusal(404, "InvalidInstanceId.NotFound"))

    assert endpoint_over(cloud).read("DescribeInstanceRamRole", {}) is None


def test_pages_are_read_to_the_end_by_token(endpoint_over: Over, scripted: Script) -> None:
    """The token of one page asks for the next."""
    cloud = scripted(
        {"Disks": {"Disk": [{"n": 1}]}, "NextToken": "next"}, {"Disks": {"Disk": [{"n": 2}]}}
    )

    found = endpoint_over(cloud).list_by_token("DescribeDisks", {}, "Disks", "Disk")

    assert [one["n"] for one in found] == [1, 2]
    assert cloud.calls[1][1]["NextToken"] == "next"


@pytest.mark.parametrize(
    ("pages", "calls"),
    [
        ([[1, 2], [3]], 2),
        ([[1, 2], []], 2),
        ([[1]], 1),
    ],
)
def test_pages_are_read_to_the_end_by_number(
    endpoint_over: Over, scripted: Script, pages: list[list[int]], calls: int
) -> None:
    """A short page is the last one, whether or not the total is told."""
    cloud = scripted(*({"Images": {"Image": [{"n": n} for n in page]}} for page in pages))

    found = endpoint_over(cloud).list_by_number("DescribeImages", {}, "Images", "Image", size=2)

    assert [one["n"] for one in found] == [n for page in pages for n in page]
    assert [params["PageNumber"] for _, params in cloud.calls] == list(range(1, calls + 1))


def test_total_saves_the_empty_page(endpoint_over: Over, scripted: Script) -> None:
    """When it is told, the last full page ends the list."""
    cloud = scripted({"Images": {"Image": [{}, {}]}, "TotalCount": 2})

    endpoint_over(cloud).list_by_number("DescribeImages", {}, "Images", "Image", size=2)

    assert len(cloud.calls) == 1


def test_token_without_end_is_given_up(endpoint_over: Over) -> None:
    """A cloud that repeats itself must not hold a thread for ever."""
    page = {"Disks": {"Disk": []}, "NextToken": "again"}

    with pytest.raises(Transient, match="come to an end"):
        endpoint_over(lambda *_: page).list_by_token("DescribeDisks", {}, "Disks", "Disk")


@pytest.mark.parametrize("body", [{}, {"Instances": None}, {"Instances": "none"}])
def test_answer_without_its_list_is_no_empty_list(
    endpoint_over: Over, scripted: Script, body: dict[str, Any]
) -> None:
    """Read as empty it would say that the instance is gone, and gone is evidence."""
    with pytest.raises(Transient, match="without Instances"):
        endpoint_over(scripted(body)).list_by_token(
            "DescribeInstances", {}, "Instances", "Instance"
        )


def test_probe_whose_answer_is_lost_does_not_block_for_ever(
    endpoint_over: Over, scripted: Script, clock: StandingClock
) -> None:
    """A few seconds later somebody else may try."""
    endpoint = endpoint_over(scripted(refusal(429, "Throttling.Api"), ConnectionLost(), {}))
    with pytest.raises(Throttled):
        endpoint.read("DescribeImages", {})
    clock.instant += 61
    with pytest.raises(Transient):
        endpoint.read("DescribeImages", {})

    clock.instant += 6

    assert endpoint.read("DescribeImages", {}) == {}
