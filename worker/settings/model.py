"""The whole configuration as one frozen value that cannot exist with an impossible combination."""

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from worker.settings.checks import impossible_combinations
from worker.settings.endpoints import Urls, derive_urls
from worker.settings.names import AccountId, Owner, RegionId
from worker.settings.sections import (
    Audit,
    Cleanup,
    Clock,
    Clone,
    Endpoints,
    Handover,
    Health,
    Image,
    Launch,
    Limits,
    Log,
    Monitor,
    Notice,
    Notify,
    Queue,
    Quiesce,
    Receipts,
    Rule,
    Secrets,
    Section,
    Select,
    Worker,
)


class Settings(Section):
    """The effective settings: file, environment and defaults, validated together."""

    account_id: AccountId = Field(
        description="The Alibaba Cloud account; null takes ALIBABA_CLOUD_ACCOUNT_ID or FC_ACCOUNT_ID."
    )
    region: RegionId = Field(
        description="The region of instances, rule and queues; null takes ALIBABA_CLOUD_REGION_ID, "
        "ALIBABA_CLOUD_REGION or FC_REGION."
    )
    owner: Owner = Field(
        default="default",
        description="Keeps two deployments in one account apart: each touches only what bears its mark.",
    )
    endpoints: Endpoints = Endpoints()
    queue: Queue = Queue()
    # A factory: the read-only mapping in it cannot be copied as a default.
    select: Select = Field(default_factory=Select)
    worker: Worker = Worker()
    notice: Notice = Notice()
    quiesce: Quiesce = Quiesce()
    image: Image = Image()
    clone: Clone = Clone()
    launch: Launch = Launch()
    limits: Limits = Limits()
    handover: Handover = Handover()
    health: Health = Health()
    cleanup: Cleanup = Cleanup()
    audit: Audit = Audit()
    rule: Rule = Rule()
    receipts: Receipts = Receipts()
    notify: Notify = Notify()
    monitor: Monitor = Monitor()
    clock: Clock = Clock()
    log: Log = Log()
    secrets: Secrets = Field(default=Secrets(), exclude=True, repr=False)

    @cached_property
    def urls(self) -> Urls:
        """The address of every API, the derived ones included."""
        return derive_urls(self.endpoints, account_id=self.account_id, region=self.region)

    @property
    def signing_keys(self) -> tuple[bytes, ...]:
        """The keys that make a message's attributes valid: the current one, which signs, then the previous one."""
        both = (self.secrets.signing_key, self.secrets.signing_key_previous)
        return tuple(key.get_secret_value().encode() for key in both if key is not None)

    def notify_urls(self) -> tuple[str, ...]:
        """Return the addresses of the channels: the environment's, then those of the file.

        A file that cannot be read gives none: it must not keep a worker from its work.
        """
        given = tuple(url.get_secret_value() for url in self.secrets.notify_urls)
        if self.notify.urls_file is None:
            return given
        try:
            text = Path(self.notify.urls_file).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return given
        lines = (line.strip() for line in text.splitlines())
        return given + tuple(line for line in lines if line and not line.startswith("#"))

    def effective(self) -> dict[str, Any]:
        """Return the settings as plain data for a file of the same effect: derived addresses filled in, no secrets."""
        data = self.model_dump(mode="json")
        data["endpoints"].update(asdict(self.urls))
        return data

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        found = impossible_combinations(self)
        if found:
            raise PydanticCustomError("impossible", "impossible combination", {"problems": found})
        return self
