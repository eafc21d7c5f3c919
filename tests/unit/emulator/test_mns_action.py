"""A request is named after the operation that is performed, however it is spelled."""

import pytest

from emulator.wire.mns_action import NO_OPERATION, action_of

JOBS = "/queues/jobs"
MESSAGES = f"{JOBS}/messages"
BATCH = "<Messages><Message/></Messages>"
DECLARED = '<?xml version="1.0" encoding="utf-16"?>'


@pytest.mark.parametrize(
    ("method", "target", "body", "action"),
    [
        ("GET", "/queues", "", "ListQueue"),
        ("GET", "/queues/", "", "ListQueue"),
        ("PUT", JOBS, "<Queue/>", "CreateQueue"),
        ("PUT", f"{JOBS}?metaoverride=true", "<Queue/>", "SetQueueAttributes"),
        ("PUT", f"{JOBS}?MetaOverride=True", "<Queue/>", "SetQueueAttributes"),
        ("PUT", f"{JOBS}?%6detaoverride=true", "<Queue/>", "SetQueueAttributes"),
        ("PUT", f"{JOBS}?metaoverride=false", "<Queue/>", "CreateQueue"),
        ("PUT", f"{JOBS}?metaoverride=", "<Queue/>", "CreateQueue"),
        ("GET", JOBS, "", "GetQueueAttributes"),
        ("DELETE", JOBS, "", "DeleteQueue"),
        ("POST", MESSAGES, "<Message/>", "SendMessage"),
        ("POST", MESSAGES, "no XML", "SendMessage"),
        ("POST", MESSAGES, "<!-- <Messages> --><Message/>", "SendMessage"),
        (
            "POST",
            MESSAGES,
            "<Message><MessageBody><Messages/></MessageBody></Message>",
            "SendMessage",
        ),
        ("POST", MESSAGES, BATCH, "BatchSendMessage"),
        ("POST", MESSAGES, f"<!--{' ' * 300}-->{BATCH}", "BatchSendMessage"),
        ("POST", MESSAGES, '<m:Messages xmlns:m="urn:x"/>', "BatchSendMessage"),
        ("GET", MESSAGES, "", "ReceiveMessage"),
        ("GET", f"{MESSAGES}?numOfMessages=1", "", "BatchReceiveMessage"),
        ("GET", f"{MESSAGES}?waitseconds=1&num%4FfMessages=1", "", "BatchReceiveMessage"),
        ("GET", f"{MESSAGES}?peekonly=true", "", "PeekMessage"),
        ("GET", f"{MESSAGES}?%70eekonly=True", "", "PeekMessage"),
        ("GET", f"{MESSAGES}?peekonly=false", "", "ReceiveMessage"),
        ("GET", f"{MESSAGES}?peekonly=true&numofmessages=16", "", "BatchPeekMessage"),
        ("DELETE", f"{MESSAGES}?ReceiptHandle=x", "", "DeleteMessage"),
        ("DELETE", f"{MESSAGES}?ReceiptHandle=", "<ReceiptHandles/>", "BatchDeleteMessage"),
        ("DELETE", MESSAGES, "<ReceiptHandles/>", "BatchDeleteMessage"),
        ("PUT", f"{MESSAGES}?ReceiptHandle=x&VisibilityTimeout=1", "", "ChangeMessageVisibility"),
        ("PATCH", MESSAGES, "", NO_OPERATION),
        ("POST", JOBS, "<Message/>", NO_OPERATION),
        ("GET", f"{MESSAGES}/1", "", NO_OPERATION),
        ("PUT", "/topics/jobs", "", NO_OPERATION),
        ("GET", "/", "", NO_OPERATION),
    ],
)
def test_the_action_is_the_operation(method: str, target: str, body: str, action: str) -> None:
    """Names are decoded, values are read, and only the root of a body tells a batch."""
    assert action_of(method, target, body.encode())[0] == action


def test_a_body_in_utf_16_is_read() -> None:
    """As the operation reads it."""
    assert action_of("POST", MESSAGES, (DECLARED + BATCH).encode("utf-16"))[0] == "BatchSendMessage"


@pytest.mark.parametrize(
    ("target", "queue"),
    [
        ("/queues", ""),
        (JOBS, "jobs"),
        ("/queues/%6aobs/messages", "jobs"),
        ("/topics/jobs", ""),
        ("/", ""),
    ],
)
def test_the_queue_is_the_one_that_is_used(target: str, queue: str) -> None:
    """Its name is decoded as well."""
    assert action_of("GET", target, b"")[1] == queue
