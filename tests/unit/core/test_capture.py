"""A captured source in a file: what was written is read, and nothing else is believed."""

import json
from typing import Any

import pytest

from worker.core.capture import read_capture, write_capture
from worker.core.errors import Malformed
from worker.core.messages import Home, Unreadable, read_message
from worker.core.model import Disk, Instance
from worker.core.progress import Captured

KEY = b"only-for-this-test-0123456789"
CAPTURED = Captured(
    Instance("i-bp1", "Running", "ecs.g7.large", "z", name="订单数据库-主", tags={"团队": "订单"}),
    (Disk("d-bp1", "system", "cloud_essd", 40),),
    "db-role",
)


def document() -> dict[str, Any]:
    """What a reader of the file gets."""
    made = write_capture(
        CAPTURED, account="1234567890123456", region="cn-hangzhou", at=1_796_032_800.0, key=KEY
    )
    text: dict[str, Any] = json.loads(json.dumps(made, ensure_ascii=False, indent=2))
    return text


def test_a_capture_is_read_as_it_was_written() -> None:
    """With when and where, under the key of today and of yesterday."""
    read = read_capture(document(), (b"a-newer-key-0123456789", KEY))

    assert read.captured == CAPTURED
    assert (read.account, read.region) == ("1234567890123456", "cn-hangzhou")
    assert read.at == "2026-11-30T10:00:00Z"


def test_the_key_is_not_in_it() -> None:
    """Nor anything that reads like it."""
    assert KEY.decode() not in json.dumps(document())


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("captured", "ram_role"), "admin", "capture_signature"),
        (("captured", "instance", "image_id"), "m-evil", "capture_signature"),
        (("attributes", "instance"), "i-other", "capture_signature"),
        (("attributes", "captured-at"), "2027-01-01T00:00:00Z", "capture_signature"),
        (("attributes", "signature"), "0" * 64, "capture_signature"),
        (("attributes", "capture"), "2", "capture_form"),
        (("attributes", "account"), 1, "capture_form"),
        (("attributes",), None, "capture_form"),
        (("captured",), None, "capture_signature"),
    ],
)
def test_what_was_touched_is_refused(path: tuple[str, ...], value: object, code: str) -> None:
    """Every part is under the signature."""
    touched = document()
    at = touched
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value

    with pytest.raises(Malformed) as caught:
        read_capture(touched, (KEY,))

    assert caught.value.code == code


def test_a_capture_in_the_queue_is_no_progress() -> None:
    """Its signature is good, and still the message is read as a bare one."""
    made = document()
    body = json.dumps(made["captured"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    reading = read_message(
        body,
        made["attributes"],
        arrived_at=0.0,
        now=0.0,
        home=Home("1234567890123456", "cn-hangzhou"),
        keys=(KEY,),
    )

    assert isinstance(reading, Unreadable)
    assert reading.code not in {"progress_format", "progress_data"}
