"""The command line of the emulator."""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

import click
import yaml
from pydantic import TypeAdapter, ValidationError

from emulator.assumptions import Assumptions
from emulator.http.clock import VirtualClock
from emulator.http.runner import HOST, Runner, bind
from emulator.http.service import Latency, Service
from emulator.orders import Scenario
from emulator.scenario import apply_scenario
from emulator.state.cloud import Cloud
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from emulator.state.errors import ApiError
from emulator.state.ram import Policy
from emulator.wire.rpc_signature import AccessKey

DEFAULT_ACCOUNT = "1234567890123456"
DEFAULT_PORT = 8790
DEFAULT_REGION = "cn-hangzhou"

Settings = TypeVar("Settings", Assumptions, EcsSettings)


def access_keys(environment: Mapping[str, str]) -> dict[str, AccessKey]:
    """Return the key that the emulator accepts; the environment may name another."""
    key = AccessKey(
        environment.get("EMULATOR_ACCESS_KEY_ID", "emulator"),
        environment.get("EMULATOR_ACCESS_KEY_SECRET", "emulator-secret"),
        environment.get("EMULATOR_SECURITY_TOKEN") or None,
    )
    return {key.access_key_id: key}


def changed(settings: Settings, changes: tuple[str, ...]) -> Settings:
    """Return settings with `NAME=VALUE` texts applied; values are read as YAML.

    Raises:
        click.BadParameter: A name is unknown or a value is of another kind.
    """
    known = [item.name for item in fields(settings)]
    new: dict[str, Any] = {}
    for text in changes:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE")
        if name not in known:
            raise click.BadParameter(f"{name!r} is none of {', '.join(sorted(known))}")
        new[name] = yaml.safe_load(value)
    whole = {name: new.get(name, getattr(settings, name)) for name in known}
    try:
        return TypeAdapter(type(settings)).validate_python(whole)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise click.BadParameter(f"{where}: {first['msg']} (found {first['input']!r})") from error


def restrict(service: Service, restricted: tuple[str, ...]) -> None:
    """Add access keys that may do only what policies in files allow.

    Args:
        service: The emulator.
        restricted: Texts of the form `ID=FILE`.

    Raises:
        click.BadParameter: A text is not of this form, or a file is no RAM policy.
    """
    found: dict[str, tuple[Policy, ...]] = {}
    for text in restricted:
        access_key_id, equals, name = text.partition("=")
        if not equals or not access_key_id or not name:
            raise click.BadParameter(f"{text!r} is not of the form ID=FILE")
        try:
            policy = Policy.read(json.loads(Path(name).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise click.BadParameter(f"{name} is no RAM policy: {error}") from error
        found[access_key_id] = (*found.get(access_key_id, ()), policy)
    for access_key_id, policies in found.items():
        service.keys[access_key_id] = AccessKey(access_key_id, f"{access_key_id}-secret")
        service.permissions.allow(access_key_id, policies)


def build_service(
    *,
    regions: tuple[str, ...],
    account_id: str,
    speed: float,
    start: float,
    seed: int,
    assumptions: Assumptions,
    ecs: EcsSettings,
    keys: dict[str, AccessKey],
) -> Service:
    """Assemble an emulator that is not running yet."""
    catalogue = Catalogue.load()

    def build_cloud(at: float) -> Cloud:
        return Cloud(
            account_id=account_id,
            regions=regions,
            catalogue=catalogue,
            assumptions=assumptions,
            ecs=ecs,
            rng=random.Random(seed),  # noqa: S311 - made to be repeatable
            start=at,
        )

    return Service(
        build_cloud=build_cloud,
        clock=VirtualClock(start=start, speed=speed, monotonic=time.monotonic),
        wall=time.time,
        keys=keys,
        rng=random.Random(f"http {seed}"),  # noqa: S311 - made to be repeatable
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of the first region; the others get the ports after it. 0 takes free ports.",
)
@click.option(
    "--region",
    "regions",
    multiple=True,
    default=(DEFAULT_REGION,),
    show_default=True,
    help="A region to serve, on a port of its own. Can be given several times.",
)
@click.option("--account-id", default=DEFAULT_ACCOUNT, show_default=True, help="The account.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Virtual seconds per real second. Signatures and socket time-outs stay real.",
)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]),
    help="Virtual time of the beginning, in UTC. The present time if not given.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of every random choice.")
@click.option(
    "--scenario",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What to begin with: queues, instances, stock, calls and faults, as JSON or YAML.",
)
@click.option(
    "--latency",
    nargs=2,
    type=click.FloatRange(min=0),
    metavar="LEAST MOST",
    help="Real milliseconds by which every answer is late, for example 50 300. None if not given.",
)
@click.option(
    "--long-poll-cap",
    type=click.IntRange(min=0),
    help="Receives that may wait at once; further ones get nothing at once, as in the real cloud.",
)
@click.option(
    "--assume",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another reading of something undocumented; see emulator/assumptions.py.",
)
@click.option(
    "--ecs",
    "ecs_changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another duration or quota of ECS; see emulator/state/ecs/settings.py.",
)
@click.option(
    "--access-key",
    "restricted",
    multiple=True,
    metavar="ID=FILE",
    help="A further access key, with the secret ID-secret, that may do only what the RAM policy in FILE "
    "allows. Given several times for one ID, the policies add up.",
)
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one line of JSON.")
def main(
    *,
    port: int,
    regions: tuple[str, ...],
    account_id: str,
    speed: float,
    start: datetime | None,
    seed: int,
    scenario: Path | None,
    latency: tuple[float, float] | None,
    long_poll_cap: int | None,
    assume: tuple[str, ...],
    ecs_changes: tuple[str, ...],
    restricted: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run a local Alibaba Cloud: ECS, VPC, EventBridge and SMQ (MNS).

    Official SDKs talk to it unmodified when their endpoint is set to the printed address. It
    listens on 127.0.0.1 only and forgets everything when it stops. A page for people is at the
    same address.

    The accepted access key is "emulator" with secret "emulator-secret"; the environment variables
    EMULATOR_ACCESS_KEY_ID, EMULATOR_ACCESS_KEY_SECRET and EMULATOR_SECURITY_TOKEN name another.
    """
    service = build_service(
        regions=tuple(dict.fromkeys(regions)),
        account_id=account_id,
        speed=speed,
        start=start.replace(tzinfo=timezone.utc).timestamp() if start else time.time(),
        seed=seed,
        assumptions=changed(Assumptions(), assume),
        ecs=changed(EcsSettings(), ecs_changes),
        keys=access_keys(os.environ),
    )
    if latency is not None:
        service.latency = Latency(min(latency) / 1000, max(latency) / 1000)
    service.polls.cap = long_poll_cap
    restrict(service, restricted)
    if scenario is not None:
        _load(service, scenario)
    _run(service, port, as_json=as_json)


def _load(service: Service, path: Path) -> None:
    """Apply a scenario file; what is wrong with it is told in one sentence."""
    try:
        order = Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
        apply_scenario(service, order)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise click.ClickException(f"{path}: {where}: {first['msg']}") from error
    except (yaml.YAMLError, ApiError, ValueError) as error:
        raise click.ClickException(f"{path}: {error}") from error


def _run(service: Service, port: int, *, as_json: bool) -> None:
    count = len(service.cloud.regions)
    ports = [port + number if port else 0 for number in range(count)]
    try:
        sockets = bind(ports)
    except (OSError, OverflowError) as error:
        raise click.ClickException(
            f"cannot listen on {HOST}, port {port} and following: {error}; --port 0 takes free ones"
        ) from error
    runner = Runner(service, sockets)

    def announce() -> None:
        click.echo(_announcement(service, runner, as_json=as_json))
        sys.stdout.flush()

    asyncio.run(runner.run(announce, signals=True))


def _announcement(service: Service, runner: Runner, *, as_json: bool) -> str:
    reading = service.clock.read()
    if not as_json:
        lines = [f"{region:<16} {url}" for region, url in runner.urls().items()]
        return "\n".join(lines)
    return json.dumps(
        {
            "account_id": service.cloud.world.account_id,
            "endpoints": runner.urls(),
            "speed": reading.speed,
            "start": reading.start,
            "pid": os.getpid(),
        }
    )
