"""The emulator's README says what the emulator does, no more and no less."""

import random
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

import emulator
from emulator.assumptions import FLIPS, Assumptions
from emulator.describe import assumptions_table
from emulator.faults import DEFAULT_EFFECT, Answer
from emulator.http.clock import VirtualClock
from emulator.http.service import Service
from emulator.orders import Scenario
from emulator.overview import DUMPS
from emulator.scenario import apply_scenario
from emulator.state.balancers import pairs, server_groups, slb
from emulator.state.cloud import Cloud
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.service import ACTIONS
from emulator.state.eip import ADDRESS_ACTIONS
from emulator.state.mns_open import MnsOpenService
from emulator.state.vpc import _CALLS
from emulator.steering import Steering

TEXT = (Path(emulator.__file__).parent / "README.md").read_text(encoding="utf-8")
REGION = "cn-hangzhou"


def build_cloud(start: float) -> Cloud:
    return Cloud(account_id="1", regions=[REGION], catalogue=Catalogue.load(), start=start)


def build_service() -> Service:
    return Service(
        build_cloud,
        VirtualClock(start=0.0, speed=1.0, monotonic=lambda: 0.0),
        wall=lambda: 0.0,
        keys={},
        rng=random.Random(0),
    )


def section(title: str) -> str:
    """Return the text from a heading to the next one of its level or above."""
    level, _, _ = title.partition(" ")
    body = TEXT[TEXT.index(f"\n{title}") + 1 + len(title) :]
    end = re.search(rf"\n#{{2,{len(level)}}} ", body)
    return body[: end.start()] if end else body


def first_column(text: str) -> list[str]:
    """Return the names in backticks of the first cell of each row."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def actions(product: str) -> Iterable[str]:
    cloud = build_cloud(0.0)
    match product:
        case "ECS":
            return ACTIONS
        case "VPC":
            return {*_CALLS, *ADDRESS_ACTIONS}
        case "SLB (CLB)":
            return {**slb.ACTIONS, **pairs.ACTIONS}
        case "ALB" | "NLB":
            return server_groups.ACTIONS[product.lower()]
        case "EventBridge":
            return cloud.rules[REGION]._operations
        case "mns-open":
            return MnsOpenService(cloud.queues(REGION))._actions
    return {"GetCallerIdentity"}


@pytest.mark.parametrize(
    "product", ["ECS", "VPC", "SLB (CLB)", "ALB", "NLB", "EventBridge", "mns-open", "STS"]
)
def test_every_action_is_listed_and_every_listed_action_exists(product: str) -> None:
    """The tables are the real ones."""
    listed = first_column(section(f"### {product}"))

    assert sorted(listed) == sorted(actions(product))


def test_every_assumption_is_listed() -> None:
    """The table is the one that `python -m emulator.describe` writes."""
    _, _, rest = TEXT.partition("<!-- assumptions -->\n")

    assert rest.partition("<!-- /assumptions -->")[0] == assumptions_table() + "\n"


def test_every_assumption_can_be_flipped() -> None:
    """Each open fact has another reading, which differs."""
    defaults = vars(Assumptions())

    assert set(FLIPS) == set(defaults)
    for name, others in FLIPS.items():
        assert others, name
        assert defaults[name] not in others


def test_every_fault_is_listed() -> None:
    """With the effect that it usually has."""
    rows = [line for line in section("## Faults").splitlines() if line.startswith("| `")]

    listed = {row.split("`")[1]: row.rsplit("|", 2)[1].strip() for row in rows[1:]}

    assert listed == {answer.value: DEFAULT_EFFECT[answer].value for answer in Answer}


def test_every_dump_and_order_is_listed() -> None:
    """The control API's tables are complete."""
    shown, ordered = section("## Control API").split("| POST |")

    assert set(first_column(shown)) == {"clock", "summary", *DUMPS}
    assert set(first_column(ordered)) == set(Steering(build_service()).orders())


def test_the_example_scenario_is_one() -> None:
    """What the README shows works as it stands."""
    text = section("## Scenario").split("```yaml\n")[1].split("```")[0]
    service = build_service()

    made = apply_scenario(service, Scenario.model_validate(yaml.safe_load(text)))

    assert len(made["instances"][REGION]) == 1
    assert len(made["balancers"][REGION]) == 3
    assert service.cloud.complaints == []
