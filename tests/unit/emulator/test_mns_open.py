"""mns-open: the control plane over the same queues as the data plane."""

import json
import random
from typing import Any

import pytest
from alibabacloud_mns_open20220119 import models

from emulator.assumptions import Assumptions
from emulator.state.errors import ApiError
from emulator.state.mns_open import MnsOpenService
from emulator.state.queues import OutMessage, QueueService
from emulator.state.world import World

NOW = 1_700_000_000.0
POLICY = {"Enabled": True, "MaxReceiveCount": 3, "DeadLetterTargetQueue": "dead"}


def make_services(**assumptions: Any) -> tuple[MnsOpenService, QueueService]:
    world = World("1234567890123456", Assumptions(**assumptions), random.Random(7))
    queues = QueueService(world, "cn-hangzhou")
    return MnsOpenService(queues), queues


def refuse(service: MnsOpenService, action: str, params: dict[str, Any]) -> ApiError:
    with pytest.raises(ApiError) as refusal:
        service.call(action, params, NOW)
    return refusal.value


def test_created_queue_is_there_for_the_data_plane() -> None:
    """CreateQueue answers success in the published shape and makes a usable queue."""
    service, queues = make_services()

    answer = service.call("CreateQueue", {"QueueName": "jobs", "VisibilityTimeout": "60"}, NOW)

    body = models.CreateQueueResponseBody().from_map(answer)
    assert (body.code, body.status, body.success) == (200, "Success", True)
    assert body.data.success
    assert queues.get_attributes("jobs", NOW).visibility_timeout == 60


@pytest.mark.parametrize("form", [json.dumps, dict], ids=["json", "members"])
def test_policy_comes_back_as_it_was_set(form: Any) -> None:
    """DlqPolicy is taken as JSON and as members, and GetQueueAttributes reports it."""
    service, _ = make_services()
    service.call("CreateQueue", {"QueueName": "dead"}, NOW)
    service.call("CreateQueue", {"QueueName": "jobs"}, NOW)

    service.call("SetQueueAttributes", {"QueueName": "jobs", "DlqPolicy": form(POLICY)}, NOW + 5)

    answer = service.call("GetQueueAttributes", {"QueueName": "jobs"}, NOW + 5)
    data = models.GetQueueAttributesResponseBody().from_map(answer).data
    assert data.dlq_policy.to_map() == {**POLICY, "MaxReceiveCount": "3"}
    assert (data.create_time, data.last_modify_time) == (NOW, NOW + 5)


def test_answer_has_every_published_field() -> None:
    """GetQueueAttributes leaves out nothing that the published model names."""
    service, _ = make_services()
    tag = [{"Key": "owner", "Value": "团队"}]
    service.call("CreateQueue", {"QueueName": "jobs", "Tag": tag, "EnableLogging": "true"}, NOW)

    answer = service.call("GetQueueAttributes", {"QueueName": "jobs"}, NOW)

    data = models.GetQueueAttributesResponseBody().from_map(answer).data
    assert [name for name, value in vars(data).items() if value is None] == []
    assert data.logging_enabled is True
    assert [t.to_map() for t in data.tags] == [{"TagKey": "owner", "TagValue": "团队"}]


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("{", "InvalidArgument"),
        ("[]", "InvalidArgument"),
        ("[" * 100_000, "InvalidArgument"),
        ({**POLICY, "MaxReceiveCount": 0}, "InvalidArgument"),
        ({**POLICY, "DeadLetterTargetQueue": "jobs"}, "InvalidArgument"),
        ({**POLICY, "DeadLetterTargetQueue": "nowhere"}, "QueueNotExist"),
    ],
)
def test_bad_policy_is_refused(policy: object, code: str) -> None:
    """A policy must be readable, count from one and name another queue that exists."""
    service, _ = make_services()
    service.call("CreateQueue", {"QueueName": "dead"}, NOW)
    service.call("CreateQueue", {"QueueName": "jobs"}, NOW)

    params = {"QueueName": "jobs", "DlqPolicy": policy}

    assert refuse(service, "SetQueueAttributes", params).code == code


@pytest.mark.parametrize("spelling", ["QueueNotExist", "RESOURCE_NOT_FOUND"])
def test_spelling_of_not_found_is_an_assumption(spelling: str) -> None:
    """The code for a missing queue follows the assumption; its status is 404."""
    service, _ = make_services(mns_open_not_found_code=spelling)

    error = refuse(service, "GetQueueAttributes", {"QueueName": "jobs"})

    assert (error.status, error.code) == (404, spelling)


def test_unknown_parameter_is_loud() -> None:
    """A parameter that an action does not have is refused and noted; common ones pass."""
    service, queues = make_services()

    service.call("CreateQueue", {"QueueName": "jobs", "RegionId": "r", "Version": "v"}, NOW)
    error = refuse(service, "DeleteQueue", {"QueueName": "jobs", "Force": "true"})

    assert error.code == "InvalidParameter.Unknown"
    assert queues.world.complaints == ["mns-open DeleteQueue: unknown parameter 'Force'"]
    assert queues.has_queue("jobs")


def test_unknown_action_is_loud() -> None:
    """An action that does not exist here is refused and noted."""
    service, queues = make_services()

    error = refuse(service, "PurgeQueue", {"QueueName": "jobs"})

    assert (error.status, error.code) == (404, "InvalidAction.NotFound")
    assert len(queues.world.complaints) == 1


def test_missing_name_is_refused() -> None:
    """Every action on one queue needs its name."""
    service, _ = make_services()

    assert refuse(service, "DeleteQueue", {}).code == "MissingQueueName"


def test_list_filters_and_pages() -> None:
    """ListQueue filters by part of the name, type and tags, and clamps the page size."""
    service, _ = make_services()
    for number in range(12):
        params = {"QueueName": f"jobs-{number:02}", "Tag": [{"Key": "team", "Value": "a"}]}
        service.call("CreateQueue", params, NOW)
    service.call("CreateQueue", {"QueueName": "jobs-fifo", "QueueType": "fifo"}, NOW)
    service.call("CreateQueue", {"QueueName": "other"}, NOW)

    def names(**params: Any) -> list[str]:
        data = service.call("ListQueue", params, NOW)["Data"]
        return [queue["QueueName"] for queue in data["PageData"]]

    assert len(names(QueueName="jobs", PageSize=1)) == 10
    assert len(names(QueueName="jobs", PageNum="2")) == 3
    assert len(names(PageSize=1_000)) == 14
    assert names(QueueType="fifo") == ["jobs-fifo"]
    assert names(QueueName="11", Tag=[{"Key": "team", "Value": "a"}]) == ["jobs-11"]
    assert names(Tag=[{"Key": "team", "Value": "b"}]) == []
    data = service.call("ListQueue", {"QueueName": "jobs"}, NOW)["Data"]
    assert (data["Pages"], data["Size"], data["Total"]) == (2, 10, 13)
    page = models.ListQueueResponseBody().from_map({"Data": data}).data.page_data
    assert [name for name, value in vars(page[0]).items() if value is None] == []


def test_delete_purges() -> None:
    """DeleteQueue takes the messages along."""
    service, queues = make_services(smq_deleted_recently_seconds=0.0)
    service.call("CreateQueue", {"QueueName": "jobs"}, NOW)
    queues.send_one("jobs", OutMessage("x"), NOW)

    service.call("DeleteQueue", {"QueueName": "jobs"}, NOW)
    service.call("CreateQueue", {"QueueName": "jobs"}, NOW)

    assert queues.receive("jobs", 1, NOW) == []


def test_stored_limits_and_encryption_are_reported() -> None:
    """Rate limit and encryption settings come back; they change nothing else."""
    service, _ = make_services()
    limit = '{"Enabled": true, "MaxReceivesPerSecond": 9}'
    params = {"QueueName": "jobs", "TenantRateLimitPolicy": limit, "EnableSSE": True}

    service.call("CreateQueue", {**params, "SseType": "KMS", "KmsKeyId": "key"}, NOW)

    data = service.call("GetQueueAttributes", {"QueueName": "jobs"}, NOW)["Data"]
    assert data["TenantRateLimitPolicy"] == {"Enabled": True, "MaxReceivesPerSecond": 9}
    assert (data["EnableSSE"], data["SseType"], data["KmsKeyId"]) == (True, "KMS", "key")
