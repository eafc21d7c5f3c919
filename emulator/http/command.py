"""The command line of the emulator."""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from emulator.assumptions import Assumptions
from emulator.control import load_scenario
from emulator.http.clock import VirtualClock
from emulator.http.runner import HOST, Runner, bind
from emulator.http.service import Latency, Service
from emulator.state.cloud import Cloud
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from emulator.wire.rpc_signature import AccessKey

DEFAULT_ACCOUNT = "1234567890123456"
DEFAULT_PORT = 8790

Settings = TypeVar("Settings", Assumptions, EcsSettings)


def access_keys(environment: Mapping[str, str]) -> dict[str, AccessKey]:
    """Return the key that the emulator accepts; the environment may name another."""
    key = AccessKey(
        environment.get("EMULATOR_ACCESS_KEY_ID", "emulator"),
        environment.get("EMULATOR_ACCESS_KEY_SECRET", "emulator-secret"),
        environment.get("EMULATOR_SECURITY_TOKEN") or None,
    )
    return {key.access_key_id: key}
