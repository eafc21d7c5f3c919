"""The official SDKs' clients, each imported and made when it is first used.

Their own retries stay off (Config without retry options makes one attempt), and every socket has a timeout.
"""

import importlib
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from worker.settings import Settings

_MILLISECONDS = 1000


class Sdks:
    """Clients that share one provider of credentials.

    Args:
        settings: Addresses, region and timeouts.
        credentials: A provider with `get_credentials()`.
    """

    def __init__(self, settings: Settings, credentials: Any) -> None:
        self._settings = settings
        self._credentials = credentials

    @cached_property
    def rule_models(self) -> Any:
        """The models of EventBridge's requests."""
        return _load("alibabacloud_eventbridge20200401.models")

    @cached_property
    def queue_models(self) -> Any:
        """The models of the queue control plane's requests."""
        return _load("alibabacloud_mns_open20220119.models")

    @cached_property
    def rules(self) -> Any:
        """The client of EventBridge."""
        return self._client(
            "alibabacloud_eventbridge20200401.client", self._settings.urls.eventbridge
        )

    @cached_property
    def queues(self) -> Any:
        """The client of the queue's control plane."""
        return self._client("alibabacloud_mns_open20220119.client", self._settings.urls.mns_open)

    @cached_property
    def runtime(self) -> Any:
        """The options of one request: those of the client."""
        return _load("darabonba.runtime").RuntimeOptions()

    def queue(self, name: str) -> Any:
        """Return a queue of the data plane that hands bodies through as they are."""
        queue = self._account.get_queue(name)
        queue.set_encoding(False)
        return queue

    def message(self, body: str) -> Any:
        """Return a message to send."""
        return _load("mns.queue").Message(body)

    @cached_property
    def _account(self) -> Any:
        account = _load("mns.account").Account(
            self._settings.urls.mns, credentials_provider=self._credentials
        )
        client, timeout = account.get_client(), self._settings.worker.read_timeout
        client.set_connection_timeout(timeout)
        # Over https the SDK sets no timeout at all, and has no way to set one.
        client.http.conn.timeout = timeout
        return account

    def _client(self, module: str, url: str) -> Any:
        parts = urlsplit(url)
        credential = _load("alibabacloud_credentials.client").Client(provider=self._credentials)
        config = _load("alibabacloud_tea_openapi.utils_models").Config(
            credential=credential,
            region_id=self._settings.region,
            protocol=parts.scheme.upper(),
            endpoint=parts.netloc,
            connect_timeout=int(self._settings.worker.connect_timeout * _MILLISECONDS),
            read_timeout=int(self._settings.worker.read_timeout * _MILLISECONDS),
        )
        return _load(module).Client(config)


def _load(module: str) -> Any:
    return importlib.import_module(module)
