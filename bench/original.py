"""A model of the original's behaviour on the same emulator: the baseline of the storms.

A function is started for each notice. It reads one thing after another, asks for the image under a name of
its own, looks every 20 seconds for at most ten minutes, reads again and launches. Whatever is refused
ends it, and nobody tries again. Source: the Go function of the same name, its main.go, processor.go
and s.yaml. Its further reads after the image are left out, in its favour.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.harness import QUEUE, REGION, Simulation
from worker.adapters.ecs.call import ApiRefusal, EcsCall
from worker.core.messages import Home, Work, read_message

POLL_SECONDS = 20.0
POLLS_MAX = 30
# How often the platform looks whether a function is to be started.
START_SECONDS = 0.1
BATCH = 16
READS: tuple[Callable[[Mapping[str, str]], tuple[str, Mapping[str, Any]]], ...] = (
    lambda at: ("DescribeInstances", {"InstanceIds": json.dumps([at["id"]])}),
    lambda at: ("DescribeDisks", {"InstanceId": at["id"]}),
    lambda at: ("DescribeInstanceTypes", {"InstanceTypes": [at["type"]]}),
    lambda at: (
        "DescribeAvailableResource",
        {"DestinationResource": "InstanceType", "InstanceType": at["type"]},
    ),
)


@dataclass(frozen=True)
class Originals:
    """Starts a function for each notice in the queue, as the event bus would have.

    Attributes:
        seconds: How long each function took, those that were refused too.
    """

    simulation: Simulation
    home: Home
    seconds: list[float] = field(default_factory=list)

    def work(self) -> None:
        """Take notices for ever."""
        kernel, queues = self.simulation.kernel, self.simulation.cloud.queues(REGION)
        while True:
            for message in queues.receive(QUEUE, BATCH, kernel.now):
                queues.delete(QUEUE, message.receipt_handle or "", kernel.now)
                kernel.spawn(self._function(message.body, message.message_id))
            kernel.sleep(START_SECONDS)

    def _function(self, body: str, name: str) -> Callable[[], None]:
        reading = read_message(body, {}, arrived_at=0.0, now=0.0, home=self.home, keys=())
        if not isinstance(reading, Work) or self.simulation.seam is None:
            raise TypeError(reading)
        call, source = self.simulation.seam(name), reading.progress.instance_id

        def run() -> None:
            begun = self.simulation.kernel.now
            # It panics, recovers, and reports success.
            with contextlib.suppress(ApiRefusal):
                self._recreate(call, source, name)
            self.seconds.append(self.simulation.kernel.now - begun)

        return run

    def _recreate(self, call: EcsCall, source: str, name: str) -> None:
        kernel = self.simulation.kernel
        (found,) = self._ask(call, *READS[0]({"id": source}))["Instances"]["Instance"]
        at = {"id": source, "type": found["InstanceType"]}
        for read in READS[1:]:
            self._ask(call, *read(at))
        image = self._ask(call, "CreateImage", {"InstanceId": source, "ImageName": f"image-{name}"})
        for _ in range(POLLS_MAX):
            kernel.sleep(POLL_SECONDS)
            wanted = {"ImageId": image["ImageId"]}
            if self._ask(call, "DescribeImages", wanted)["Images"]["Image"]:
                break
        else:
            return
        self._ask(call, "RunInstances", dict(_launch(found, image["ImageId"])))

    def _ask(self, call: EcsCall, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return call(action, {"RegionId": REGION, **params})


def _launch(source: Mapping[str, Any], image: str) -> Iterator[tuple[str, Any]]:
    yield "ImageId", image
    yield "InstanceType", source["InstanceType"]
    yield "VSwitchId", source["VpcAttributes"]["VSwitchId"]
    yield "SecurityGroupId", source["SecurityGroupIds"]["SecurityGroupId"][0]
    yield "InstanceChargeType", "PostPaid"
    yield "SpotStrategy", "SpotAsPriceGo"
    yield "Amount", 1
    # The original asks for cloud_efficiency, which types of today refuse; here it may go on.
    yield "SystemDisk", {"Category": "cloud_essd"}


def begin(simulation: Simulation) -> Originals:
    """Let functions of the original answer the notices of a storm."""
    originals = Originals(simulation, simulation.terms.home)
    simulation.kernel.spawn(originals.work)
    return originals
