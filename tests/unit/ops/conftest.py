"""A fixed receipt: Chinese names, two disks, another type, a lost address, an escape code."""

import pytest

from worker.core.receipt import (
    DiskRecord,
    Moment,
    NotKept,
    Receipt,
    RefusedCandidate,
    Server,
)

SOURCE = "i-bp10f3a9c2e4b7d6f81"
REPLACEMENT = "i-bp11111111111111111"
IMAGE = "m-bp10f3a9c2e4b7d6f81"
SYSTEM_DISK = "d-bp10f3a9c2e4b7d6f81"
DATA_DISK = "d-bp10f3a9c2e4b7d6f82"

_TAGS = {"团队": "支付", "env": "prod"}


def _moment(what: str, after: float, resource: str = "") -> Moment:
    return Moment(what, "2026-11-23T10:00:00Z", after, resource)


@pytest.fixture
def receipt() -> Receipt:
    return made_receipt()


def made_receipt() -> Receipt:
    source = Server(
        instance=SOURCE,
        name="前端-支付-01",
        host_name="pay-01",
        type="ecs.g7.large",
        cpu=2,
        memory=8.0,
        charge="spot",
        zone="cn-hangzhou-i",
        vpc="vpc-bp1",
        private_ip="192.168.1.11",
        public_ip="203.0.113.7",
        security_groups=("sg-bp1", "sg-bp2"),
        key_pair="ops",
        ram_role="PayRole",
        tags={**_TAGS, "acs:internal": "x"},
    )
    replacement = Server(
        instance=REPLACEMENT,
        name="前端-支付-01",
        host_name="pay-01",
        type="ecs.c7.xlarge",
        memory=8.0,
        charge="spot",
        zone="cn-hangzhou-i",
        vpc="vpc-bp1",
        private_ip="192.168.1.27",
        security_groups=("sg-bp2", "sg-bp1"),
        key_pair="ops",
        ram_role="PayRole",
        tags={**_TAGS, "spot-recreation:id": "3f2a9c0d", "spot-recreation:owner": "default"},
    )
    return Receipt(
        recreation="3f2a9c0d" * 4,
        account="1234567890123456",
        region="cn-hangzhou",
        outcome="recovered",
        t0="2026-11-23T10:00:00Z",
        written_at="2026-11-23T10:02:45Z",
        source=source,
        replacement=replacement,
        image=IMAGE,
        timeline=(
            _moment("event received", 1.2),
            _moment("disks retained", 3.0, f"{SYSTEM_DISK} {DATA_DISK}"),
            _moment("image accepted", 3.4, IMAGE),
            _moment("image usable", 118.0, IMAGE),
            _moment("replacement accepted", 135.0, REPLACEMENT),
            _moment("replacement running", 152.0, REPLACEMENT),
        ),
        disks=(
            DiskRecord(
                SYSTEM_DISK, "system", "/dev/xvda", "cloud_essd", 40, "2026-11-23T10:00:03Z", 3.4,
                retained=True,
            ),
            DiskRecord(
                DATA_DISK, "data", "/dev/xvdb", "cloud_essd", 100, "2026-11-23T10:00:03Z", 3.4,
                retained=True,
            ),
        ),
        not_kept=(
            NotKept("public address 203.0.113.7", "a static public address dies with its instance"),
        ),
        refused=(
            RefusedCandidate(
                "ecs.g7.large in cn-hangzhou-i (spot)",
                "OperationDenied.NoStock",
                "2026-11-23T10:02:14Z",
            ),
        ),
    )  # fmt: skip
