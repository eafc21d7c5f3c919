"""The emulator's control API as the demo uses it: the hand of the cloud, and the eye of the judge."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.core.errors import Permanent
from worker.ops.demo_scenarios import Writing

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Control:
    """One running emulator."""

    url: str

    def show(self, what: str) -> Any:
        """Read one of the emulator's dumps.

        Raises:
            Permanent: It does not answer, or knows no such dump.
        """
        return self._ask(urllib.request.Request(f"{self.url}/_emulator/{what}"))  # noqa: S310 - loopback

    def order(self, what: str, **fields: object) -> Any:
        """Give one order.

        Raises:
            Permanent: It does not answer, or refuses.
        """
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}/_emulator/{what}",
            data=json.dumps(fields).encode(),
            headers={"content-type": "application/json"},
        )
        return self._ask(request)

    def zones(self, region: str) -> list[str]:
        """List the zones of a region."""
        regions = self.show("summary")["regions"]
        return next(list(one["zones"]) for one in regions if one["id"] == region)

    def make_source(
        self, region: str, seed: Mapping[str, Any], stock: Sequence[Mapping[str, Any]]
    ) -> str:
        """Create the source and set the stock; return the source's id."""
        part = {"instances": [seed], "stock": list(stock)}
        made = self.order("scenario", regions={region: part})
        return str(made["instances"][region][0])

    def write(self, instance_id: str, files: Sequence[Writing]) -> None:
        """Let an instance write files and flush them to disk."""
        for file in files:
            self.order(
                "write",
                instance_id=instance_id,
                disk=file.device,
                path=file.path,
                text=file.text,
                flush=True,
            )

    def disks_of(self, instance_id: str) -> list[dict[str, Any]]:
        """Show the disks that are attached to an instance, with what is on them."""
        return [disk for disk in self.show("disks") if disk["instance_id"] == instance_id]

    def instance(self, instance_id: str) -> dict[str, Any] | None:
        """Show one instance; None when it has been released."""
        return next((one for one in self.show("instances") if one["id"] == instance_id), None)

    def messages(self) -> dict[str, int]:
        """Count the messages of every queue, whoever holds them."""
        return {queue["name"]: len(queue["messages"]) for queue in self.show("queues")}

    def _ask(self, request: urllib.request.Request) -> Any:
        # No proxy: the environment's is for the outside.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            told = error.read().decode("utf-8", "replace")
            raise Permanent(f"the emulator refuses {request.selector}: {told}") from None
        except (OSError, ValueError) as error:
            raise Permanent(f"the emulator does not answer {request.selector}: {error}") from None
