"""mns-open 2022-01-19, the control plane of SMQ: queues with dead-letter policy and tags.

It shares its queues with the data plane. Sources: the API's published metadata, `CreateQueue`,
`SetQueueAttributes`, `GetQueueAttributes`, `ListQueue`, `DeleteQueue`.
"""

import json
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from emulator.state.errors import ApiError, no_action
from emulator.state.queue_attributes import tags_from, to_int
from emulator.state.queue_dump import message_counts
from emulator.state.queue_errors import invalid_argument
from emulator.state.queues import Queue, QueueService

_SETTINGS = frozenset(
    {
        "DelaySeconds",
        "DlqPolicy",
        "EnableLogging",
        "EnableSSE",
        "KmsKeyId",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "PollingWaitSeconds",
        "SseAlgorithm",
        "SseType",
        "TenantRateLimitPolicy",
        "VisibilityTimeout",
    }
)
_PARAMETERS: Mapping[str, frozenset[str]] = {
    "CreateQueue": _SETTINGS | {"QueueName", "QueueType", "Tag"},
    "SetQueueAttributes": _SETTINGS | {"QueueName"},
    "GetQueueAttributes": frozenset({"QueueName", "Tag"}),
    "ListQueue": frozenset({"PageNum", "PageSize", "QueueName", "QueueType", "Tag"}),
    "DeleteQueue": frozenset({"QueueName"}),
}
_COMMON_PARAMETERS = frozenset(
    {
        "AccessKeyId",
        "Action",
        "Format",
        "OwnerAccount",
        "OwnerId",
        "RegionId",
        "ResourceOwnerAccount",
        "ResourceOwnerId",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "Timestamp",
        "Version",
    }
)
# Smaller and larger page sizes are moved to the nearest end. Source: `ListQueue`, PageSize.
_PAGE_SIZES = (10, 50)
_LAST_PAGE = 100_000_000


class MnsOpenService:
    """The RPC product that sets queues up; see `call`."""

    def __init__(self, queues: QueueService) -> None:
        self._queues = queues
        self._actions: dict[str, Callable[[Mapping[str, Any], float], object]] = {
            "CreateQueue": self._create,
            "SetQueueAttributes": self._set,
            "GetQueueAttributes": self._get,
            "ListQueue": self._list,
            "DeleteQueue": self._delete,
        }

    def call(self, action: str, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Carry out one action and return its body without RequestId.

        Raises:
            ApiError: The refusal; an action or parameter that does not exist is noted in the
                world's complaints too.
        """
        self._check_known(action, params)
        try:
            data = self._actions[action](params, now)
        except ApiError as error:
            raise self._in_own_words(error) from error
        answer = {"Code": 200, "Message": "operation success", "Success": True}
        return {**answer, "Status": "Success", "Data": answer if data is None else data}

    def _check_known(self, action: str, params: Mapping[str, Any]) -> None:
        known = _PARAMETERS.get(action)
        if known is None:
            self._queues.world.complain(f"mns-open has no action {action!r}")
            raise no_action()
        for name in params:
            if name not in known and name not in _COMMON_PARAMETERS:
                self._queues.world.complain(f"mns-open {action}: unknown parameter {name!r}")
                raise ApiError(
                    400, "InvalidParameter.Unknown", f"The parameter {name} is not known."
                )

    def _in_own_words(self, error: ApiError) -> ApiError:
        if error.code != "QueueNotExist":
            return error
        code = self._queues.world.assumptions.mns_open_not_found_code
        return ApiError(error.status, code, error.message)

    def _create(self, params: Mapping[str, Any], now: float) -> None:
        self._queues.create_queue(_queue_name(params), _settings(params), now)

    def _set(self, params: Mapping[str, Any], now: float) -> None:
        self._queues.set_attributes(_queue_name(params), _settings(params), now)

    def _get(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        queue = self._queues.get_queue(_queue_name(params), now)
        data = self._describe(queue, now)
        limit = queue.attributes.rate_limit
        data["TenantRateLimitPolicy"] = {
            "Enabled": limit.enabled,
            "MaxReceivesPerSecond": limit.max_receives_per_second,
        }
        return data

    def _delete(self, params: Mapping[str, Any], now: float) -> None:
        self._queues.delete_queue(_queue_name(params), now)

    def _list(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        number = min(max(to_int("PageNum", params.get("PageNum", 1)), 1), _LAST_PAGE)
        size = to_int("PageSize", params.get("PageSize", _PAGE_SIZES[0]))
        size = min(max(size, _PAGE_SIZES[0]), _PAGE_SIZES[1])
        found = [queue for queue in self._all() if _matches(queue, params)]
        page = found[(number - 1) * size : number * size]
        return {
            "PageData": [self._describe(self._queues.get_queue(q.name, now), now) for q in page],
            "PageNum": number,
            "PageSize": size,
            "Pages": ceil(len(found) / size),
            "Size": len(page),
            "Total": len(found),
        }

    def _all(self) -> list[Queue]:
        queues: list[Queue] = []
        marker: str | None = ""
        while marker is not None:
            page = self._queues.list_queues(marker=marker)
            queues += page.queues
            marker = page.next_marker
        return queues

    def _describe(self, queue: Queue, now: float) -> dict[str, Any]:
        attributes = queue.attributes
        active, inactive, delayed = message_counts(queue, now, self._queues.world.assumptions)
        return {
            "QueueName": queue.name,
            "QueueType": attributes.queue_type,
            "CreateTime": int(queue.created_at),
            "LastModifyTime": int(queue.modified_at),
            "DelaySeconds": attributes.delay_seconds,
            "MaximumMessageSize": attributes.maximum_message_size,
            "MessageRetentionPeriod": attributes.message_retention_period,
            "VisibilityTimeout": attributes.visibility_timeout,
            "PollingWaitSeconds": attributes.polling_wait_seconds,
            "LoggingEnabled": attributes.logging_enabled,
            "ActiveMessages": active,
            "InactiveMessages": inactive,
            "DelayMessages": delayed,
            "DlqPolicy": {
                "Enabled": attributes.dlq_policy.enabled,
                "DeadLetterTargetQueue": attributes.dlq_policy.target,
                # A string in the published metadata, unlike in the request.
                "MaxReceiveCount": str(attributes.dlq_policy.max_receive_count),
            },
            "EnableSSE": attributes.enable_sse,
            "EncryptionEnabled": attributes.enable_sse,
            "SseType": attributes.sse_type,
            "SseAlgorithm": attributes.sse_algorithm,
            "KmsKeyId": attributes.kms_key_id,
            "Tags": [{"TagKey": key, "TagValue": value} for key, value in attributes.tags],
        }


def _queue_name(params: Mapping[str, Any]) -> str:
    name = params.get("QueueName")
    if not name:
        raise ApiError(400, "MissingQueueName", "QueueName is mandatory for this action.")
    return str(name)


def _settings(params: Mapping[str, Any]) -> dict[str, object]:
    """Return the settings of a request by the names that a queue's attributes have."""
    settings = {
        name: value
        for name, value in params.items()
        if name in _SETTINGS or name in {"QueueType", "Tag"}
    }
    if "EnableLogging" in settings:
        settings["LoggingEnabled"] = settings.pop("EnableLogging")
    for name in ("DlqPolicy", "TenantRateLimitPolicy"):
        if isinstance(settings.get(name), str):
            settings[name] = _from_json(name, settings[name])
    return settings


def _from_json(name: str, text: str) -> object:
    """Read a policy that arrives as JSON, as SDKs send it; others send members one by one."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid_argument(f"{name} is not valid JSON.") from error


def _matches(queue: Queue, params: Mapping[str, Any]) -> bool:
    """Tell whether a queue passes the filters of `ListQueue`; the name may be a part of it."""
    wanted_type = params.get("QueueType")
    return (
        str(params.get("QueueName") or "") in queue.name
        and (not wanted_type or queue.attributes.queue_type == wanted_type)
        and set(tags_from(params.get("Tag") or [])) <= set(queue.attributes.tags)
    )
