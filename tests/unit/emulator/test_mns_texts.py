"""The sentences of SMQ's refusals are the published ones, as tools and people match on them."""

import random
from collections.abc import Callable
from email.utils import formatdate

import pytest

from emulator.assumptions import Assumptions
from emulator.http.permissions import Permissions
from emulator.state.errors import ApiError
from emulator.state.queues import QueueService
from emulator.state.ram_needs import Account, smq_need
from emulator.state.world import World
from emulator.wire.mns_http import MnsReply, handle
from emulator.wire.mns_signature import verify
from emulator.wire.mns_xml import parse

NOW = 1_700_000_000.0
MESSAGES = "/queues/jobs/messages"
LONG = "a" * 121
BAD_NAME = (
    "The queue name you provided is invalid. "
    "QueueName should start with alpha and contain only alpha, digit or - ."
)
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)
SIGNED = {
    "date": formatdate(NOW, usegmt=True),
    "x-mns-version": "2015-06-06",
    "authorization": "MNS emulator:wrong",
}


def answer(method: str, target: str, body: str = "", **headers: str) -> tuple[str, str]:
    """Return code and sentence of a refusal by an operation."""
    service = QueueService(World("1", Assumptions(), random.Random(7)), "cn-hangzhou")
    service.create_queue("jobs", None, NOW)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = handle(service, method, target, named, body.encode(), NOW, "http://h")
    assert isinstance(reply, MnsReply)
    texts = parse(reply.body).texts()
    return texts["Code"], texts["Message"]


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("method", "target", "body", "code", "text"),
    [
        ("GET", "/topics/t", "", "InvalidRequestURL", "Http request URL format invalid."),
        (
            "GET",
            f"{MESSAGES}?Wait=1&peekonly=true",
            "",
            "InvalidQueryString",
            'Http request URL contains invalid querystring item "wait".',
        ),
        ("POST", MESSAGES, "<Mess", "MalformedXML", "The XML you provided was not well-formed."),
        ("DELETE", MESSAGES, "", "MissingReceiptHandle", "ReceiptHandle is required."),
        (
            "PUT",
            f"{MESSAGES}?ReceiptHandle=x",
            "",
            "MissingVisibilityTimeout",
            "VisibilityTimeout is required.",
        ),
        (
            "PUT",
            "/queues/q_q",
            "<Queue/>",
            "InvalidQueueName",
            BAD_NAME,
        ),
        (
            "PUT",
            f"/queues/{LONG}",
            "<Queue/>",
            "QueueNameLengthError",
            "Queue name length should between 1 and 256.",
        ),
        (
            "PUT",
            "/queues/q",
            "<Queue><DelaySeconds>604801</DelaySeconds></Queue>",
            "InvalidArgument",
            "The value of DelaySeconds should between 0 and 604800 seconds/bytes.",
        ),
        (
            "PUT",
            "/queues/q",
            "<Queue><Colour/></Queue>",
            "InvalidArgument",
            "The XML you provided did not validate against our published schema, cause by Colour.",
        ),
        (
            "POST",
            MESSAGES,
            "<Other/>",
            "InvalidArgument",
            "The XML you provided did not validate against our published schema, cause by Other.",
        ),
    ],
)
def test_a_request_is_refused_in_the_published_words(
    method: str, target: str, body: str, code: str, text: str
) -> None:
    """Paths, queries, bodies and names."""
    assert answer(method, target, body) == (code, text)


def test_a_wrong_digest_is_refused_in_the_published_words() -> None:
    """The code is spelled as the page spells it."""
    assert answer("GET", "/queues/jobs", content_md5="wrong") == (
        "InvalidDegist",
        "The Content-MD5 you specified is invalid.",
    )


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"authorization": ""}, "MissingAuthorizationHeader", "Authorization header is required."),
        (
            {"authorization": "MNS"},
            "InvalidAuthorizationHeader",
            "The Authorization header format is invalid.",
        ),
        ({"date": ""}, "MissingDateHeader", "Date header is required."),
        ({"date": "today"}, "InvalidDateHeader", "The Date header format is invalid."),
        (
            {"authorization": "MNS nobody:x"},
            "InvalidAccessKeyId",
            "The AccessKey Id you provided is not exist.",
        ),
        (
            {},
            "SignatureDoesNotMatch",
            MISMATCH,
        ),
    ],
)
def test_headers_are_refused_in_the_published_words(
    changes: dict[str, str], code: str, text: str
) -> None:
    """Missing, unreadable and wrong ones."""
    headers = {**SIGNED, **changes}

    found = refusal(lambda: verify("GET", "/queues", headers, {"emulator": "secret"}, NOW))

    assert found == (code, text)


def test_a_missing_permission_is_refused_in_the_published_words() -> None:
    """SMQ does not speak as RPC products do."""
    permissions = Permissions(policies={"worker": ()})
    need = smq_need(Account("cn-hangzhou", "1"), "ListQueue", "", batch_is_own=True)

    assert refusal(lambda: permissions.demand("smq", "worker", (need,))) == (
        "AccessDenied",
        "The OwnerId that your Access Key Id associated to is forbidden for this operation.",
    )


def test_the_name_of_a_queue_has_at_most_120_characters() -> None:
    """What CreateQueue says, though the sentence says 256."""
    service = QueueService(World("1", Assumptions(), random.Random(7)), "cn-hangzhou")

    assert service.create_queue("a" * 120, None, NOW)
    assert refusal(lambda: service.create_queue(LONG, None, NOW))[0] == "QueueNameLengthError"
