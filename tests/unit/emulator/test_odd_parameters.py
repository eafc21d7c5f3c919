"""Whatever a client writes into a parameter, an action answers or refuses; it never breaks."""

from collections.abc import Iterator
from typing import Any

import pytest

from emulator.state.ecs.params import shapes
from emulator.state.errors import ApiError
from tests.unit.emulator.ecs_bench import ZONE, Bench

ODD = (
    "",
    "x",
    "-1",
    "1.5",
    "nan",
    "1_0",
    "²",
    "9" * 18,
    "9" * 20,
    "[]",
    '[1,{"a":[]}]',
    '[{"ServerId":["x"],"Port":null}]',
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
)
# What ends the things that the other calls are about.
ENDS = ("Delete", "Release", "Stop")


def filled(shape: object, text: str) -> Any:
    """Put a text wherever a parameter of this shape has room for one."""
    if isinstance(shape, list):
        return [filled(shape[0], text)]
    if isinstance(shape, dict):
        return {name: filled(each, text) for name, each in shape.items()}
    return text


def well_known(bench: Bench) -> dict[str, str]:
    source = bench.seed()
    row = bench.instance(source)
    return {
        "InstanceId": source,
        "DiskId": bench.disk_ids(source)[0],
        "ImageId": row["ImageId"],
        "VSwitchId": row["VpcAttributes"]["VSwitchId"],
        "SecurityGroupId": row["SecurityGroupIds"]["SecurityGroupId"][0],
        "ZoneId": ZONE,
        "InstanceType": row["InstanceType"],
        "NetworkType": "vpc",
        "ResourceType": "instance",
        "DestinationResource": "InstanceType",
        "Type": "RunShellScript",
        "CommandContent": "true",
    }


def calls(product: str, known: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for action, shape in shapes(product).items():
        some = {name: filled(shape[name], text) for name, text in known.items() if name in shape}
        kept = {} if action.startswith(ENDS) else some
        for name, each in shape.items():
            for text in ODD:
                yield action, {**kept, name: filled(each, text)}


@pytest.mark.parametrize("product", ["ecs", "vpc", "slb", "alb", "nlb"])
def test_no_text_breaks_an_action(product: str) -> None:
    bench = Bench(settings={"default_calls_per_minute": 10**9})
    known = well_known(bench)
    broken = []
    for action, params in calls(product, known):
        bench.now += 1
        try:
            if product == "ecs":
                bench.call(action, **params)
            elif product == "vpc":
                bench.vpc_call(action, **params)
            else:
                bench.balancer_call(product, action, **params)
        except ApiError:
            continue
        except Exception as error:  # noqa: BLE001 - any at all is what this test is about
            broken.append(f"{action} {params}: {error!r}")

    assert broken == []
