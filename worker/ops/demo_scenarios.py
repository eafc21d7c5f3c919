"""The scenarios of the demo as data: what the source is, what is sold out, what goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

REGION = "cn-hangzhou"
ZONE = "cn-hangzhou-i"
INSTANCE_TYPE = "ecs.g7.large"
FILES_PER_DISK = 12
# Even what has changed since a snapshot is too much for the five minutes.
LARGE_DISK = 2_000


class SoldOut(Enum):
    """Where the source's type cannot be had."""

    NOWHERE = "nowhere"
    IN_ITS_ZONE = "in its zone"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way an interruption can go.

    Attributes:
        data_disks: Sizes in GiB.
        copies: How often the cloud delivers the notice.
        kill: Whether the first worker is killed while the image is being made.
        careful: Whether the source is quiesced and the replacement's health checked.
        economical: Whether the cloud stops the source instead of releasing it.
        system_disk: Its size in GiB; a large one is not imaged before the release.
        snapshot_age: Age of an automatic snapshot of the system disk, seconds; None: there is none.
        clone: What the configuration says in its section of this name.
        parks: Whether it ends in the dead-letter queue, with every disk kept and named.
    """

    name: str
    data_disks: tuple[int, ...] = ()
    sold_out: SoldOut = SoldOut.NOWHERE
    copies: int = 1
    kill: bool = False
    economical: bool = False
    system_disk: int = 40
    snapshot_age: float | None = None
    clone: Mapping[str, Any] = field(default_factory=dict)
    parks: bool = False
    careful: bool = False

    @property
    def devices(self) -> tuple[str, ...]:
        """Device names of the source's disks, the system disk first."""
        return tuple(f"/dev/xvd{letter}" for letter in "abcdefgh"[: len(self.data_disks) + 1])


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("same-type"),
    Scenario("no-stock", sold_out=SoldOut.EVERYWHERE),
    Scenario("other-zone", sold_out=SoldOut.IN_ITS_ZONE),
    Scenario("data-disks", data_disks=(60, 20)),
    Scenario("killed", kill=True),
    Scenario("thrice", copies=3),
    Scenario("careful", careful=True),
    Scenario("economical", data_disks=(20,), economical=True),
    Scenario("re-attached", data_disks=(1_000,), clone={"data_disks": "reattach"}),
    Scenario("image-fails", data_disks=(1_000,)),
    Scenario("rescue", data_disks=(20,), system_disk=LARGE_DISK, clone={"fallbacks": ["rescue"]}),
    Scenario(
        "stale-snapshot",
        data_disks=(20,),
        system_disk=LARGE_DISK,
        snapshot_age=21_600.0,
        clone={"fallbacks": ["stale-snapshot"]},
    ),
    Scenario("parked", data_disks=(20,), system_disk=LARGE_DISK, parks=True),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
DEFAULT = SCENARIOS[0]


@dataclass(frozen=True, slots=True)
class Writing:
    """A file that the source writes."""

    device: str
    path: str
    text: str


def source(scenario: Scenario) -> dict[str, Any]:
    """Describe the server that will be taken, as the emulator's control API wants it."""
    return {
        "name": "订单服务-01",
        "instance_type": INSTANCE_TYPE,
        "zone_id": ZONE,
        "system_disk": {
            "size": scenario.system_disk,
            "files": {"/etc/hostname": "order-01\n"},
            "snapshot_age_seconds": scenario.snapshot_age,
        },
        "data_disks": [
            {"size": size, "name": f"订单数据-{number}"}
            for number, size in enumerate(scenario.data_disks, start=1)
        ],
        "tags": {"团队": "交易", "environment": "production", "cost-centre": "1042"},
        "key_pair_name": "ops",
        "ram_role_name": "OrderServiceRole",
        "spot_interruption_behavior": "Stop" if scenario.economical else "Terminate",
        "eip": True,
        "options": {"host_name": "order-01", "description": "订单服务，主节点"},
    }


def configured(scenario: Scenario) -> dict[str, Any]:
    """List the settings of a scenario, as a user would write them."""
    cloned = {"clone": dict(scenario.clone)} if scenario.clone else {}
    if not scenario.careful:
        return cloned
    return {
        **cloned,
        "quiesce": {"command": "redis-cli SAVE && sync"},
        "health": {"check": "command", "command": "systemctl is-active order-service"},
    }


def stock_orders(scenario: Scenario, zones: Sequence[str]) -> list[dict[str, Any]]:
    """Say what is sold out, as the emulator's control API wants it."""
    where: dict[SoldOut, Sequence[str]] = {
        SoldOut.NOWHERE: (),
        SoldOut.IN_ITS_ZONE: (ZONE,),
        SoldOut.EVERYWHERE: zones,
    }
    return [{"zone": zone, "type": INSTANCE_TYPE, "count": 0} for zone in where[scenario.sold_out]]


def writings(scenario: Scenario) -> list[Writing]:
    """List what the source writes before the notice: some files on each disk."""
    return [
        Writing(device, f"/data/订单/{device[-1]}-{number:02}.json", _order(device, number))
        for device in scenario.devices
        for number in range(1, FILES_PER_DISK + 1)
    ]


def late_writings(scenario: Scenario) -> list[Writing]:
    """List what the source still writes after the image was begun."""
    return [
        Writing(device, f"/data/订单/{device[-1]}-late.json", _order(device, 99))
        for device in scenario.devices
    ]


def _order(device: str, number: int) -> str:
    return f'{{"订单": "{device[-1].upper()}{number:04}", "金额": "{number * 17}.50"}}\n'
