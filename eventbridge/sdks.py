"""The official SDKs' clients, each imported and made when it is first used.

Their own retries stay off (Config without retry options makes one attempt), and every socket has a timeout.
"""

import importlib
from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from worker.settings import Settings

_MILLISECONDS = 1000


class Sdks:
    """Clients that share one provider of credentials.

    Args:
        settings: Addresses, region and timeouts.
        provider: Has `get_credentials()`, which the data plane asks at every request.
        rpc_credential: Makes what the RPC clients sign with, of the same provider. Called after their modules are imported,
            so that it can silence what they log.
    """

    def __init__(
        self, settings: Settings, provider: Any, rpc_credential: Callable[[], Any]
    ) -> None:
        self.urls = settings.urls
        self._settings = settings
        self._provider = provider
        self._rpc_credential = rpc_credential

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
        return self._client("alibabacloud_eventbridge20200401.client", self.urls.eventbridge)

    @cached_property
    def queues(self) -> Any:
        """The client of the queue's control plane."""
        return self._client("alibabacloud_mns_open20220119.client", self.urls.mns_open)

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

    def close(self) -> None:
        """Close the data plane's connection, if there is one; the RPC clients keep none open."""
        account = self.__dict__.get("_account")
        if account is not None:
            account.get_client().http.conn.close()

    @cached_property
    def _account(self) -> Any:
        account = _load("mns.account").Account(self.urls.mns, credentials_provider=self._provider)
        client, timeout = account.get_client(), self._settings.worker.read_timeout
        client.set_connection_timeout(timeout)
        # Over https the SDK sets no timeout at all, and has no way to set one.
        client.http.conn.timeout = timeout
        return account

    def _client(self, module: str, url: str) -> Any:
        make, make_config = (
            _load(module).Client,
            _load("alibabacloud_tea_openapi.utils_models").Config,
        )
        parts = urlsplit(url)
        return make(
            make_config(
                credential=self._rpc_credential(),
                region_id=self._settings.region,
                protocol=parts.scheme.upper(),
                endpoint=parts.netloc,
                connect_timeout=int(self._settings.worker.connect_timeout * _MILLISECONDS),
                read_timeout=int(self._settings.worker.read_timeout * _MILLISECONDS),
            )
        )


def _load(module: str) -> Any:
    return importlib.import_module(module)
