"""Makes calls through the official SDKs, with nothing of ours around them, for `bench.replay`.

    python -m bench.bare_calls ENDPOINT REGION

Each line of its input is a list of calls as `bench.noting_worker` notes them; it makes them one after
another, with the pauses between them, and answers with the CPU seconds that they took.
"""

import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions
from mns.account import Account
from mns.message_property import (
    MessagePropertyValue,
    MessageSystemPropertyValue,
    SystemPropertyType,
)
from mns.mns_exception import MNSServerException
from mns.queue import Message

PACKAGES: Mapping[str, str] = {
    "ecs": "alibabacloud_ecs20140526",
    "vpc": "alibabacloud_vpc20160428",
    "slb": "alibabacloud_slb20140515",
    "alb": "alibabacloud_alb20200616",
    "nlb": "alibabacloud_nlb20220430",
}
# A processor that has slept for so long is as cold as it gets.
PAUSE_SECONDS_MAX = 0.05
WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
KEY = (os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])


class Bare:
    """Clients as their own documents make them."""

    def __init__(self, endpoint: str, region: str) -> None:
        host = urlsplit(endpoint).netloc
        config = Config(
            access_key_id=KEY[0],
            access_key_secret=KEY[1],
            region_id=region,
            endpoint=host,
            protocol="HTTP",
        )
        self._clients = {
            product: import_module(f"{package}.client").Client(config)
            for product, package in PACKAGES.items()
        }
        self._models = {
            product: import_module(f"{package}.models") for product, package in PACKAGES.items()
        }
        self._options = RuntimeOptions()
        self._account = Account(endpoint, *KEY, logger=None)
        self._queues: dict[str, Any] = {}

    def rpc(self, product: str, name: str, params: Mapping[str, Any]) -> None:
        """Make one call of ECS or VPC."""
        request = getattr(self._models[product], f"{name}Request")().from_map(params)
        method = f"{WORD_START.sub('_', name).lower()}_with_options"
        # A refusal is an answer, too: of an interface that is not there, for example.
        with contextlib.suppress(Exception):
            getattr(self._clients[product], method)(request, self._options)

    def queue(self, name: str, queue_name: str, arguments: list[Any]) -> None:
        """Make one call of SMQ."""
        if queue_name not in self._queues:
            self._queues[queue_name] = self._account.get_queue(queue_name)
            self._queues[queue_name].set_encoding(False)
        method = getattr(self._queues[queue_name], name)
        # An empty queue is an answer, too.
        with contextlib.suppress(MNSServerException):
            method(*(_argument(one) for one in arguments))


def _argument(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    message = Message(given["body"], delay_seconds=given["delay"])
    for name, value in given["user"].items():
        message.add_user_property(name, MessagePropertyValue.create_string(value))
    for name, value in given["system"].items():
        text = MessageSystemPropertyValue(SystemPropertyType.STRING, value)
        message.add_system_property(name, text)
    return message


def replay(bare: Bare, calls: list[list[Any]]) -> float:
    """Make the calls and return the CPU seconds; long silences between them are shortened."""
    spent = time.process_time()
    last, begun = 0.0, time.monotonic()
    for at, kind, *what in calls:
        early = begun + min(at - last, PAUSE_SECONDS_MAX) - time.monotonic()
        if early > 0:
            time.sleep(early)
        last, begun = at, time.monotonic()
        (bare.rpc if kind == "rpc" else bare.queue)(*what)
    return time.process_time() - spent


def main() -> int:
    """Replay what the input says."""
    bare = Bare(sys.argv[1], sys.argv[2])
    for line in sys.stdin:
        print(json.dumps({"cpu": replay(bare, json.loads(line))}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
