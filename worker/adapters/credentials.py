"""Who the worker is to the cloud: one provider per process, shared by every client.

The SDK's chain reads the environment once, when it is imported. A function instance that is used
again would then sign with keys that have run out, so keys in the environment are read here, at the
time of each call. Everything else (RAM role, OIDC, profile, URI) is the chain's business.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final, Protocol

from typing_extensions import override

from worker.adapters import sdk_logging
from worker.core.errors import NoCredentials

# Source: "Configure credentials" of the Alibaba Cloud SDK for Python.
KEY_ID: Final = "ALIBABA_CLOUD_ACCESS_KEY_ID"
KEY_SECRET: Final = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105 - a variable's name
SECURITY_TOKEN: Final = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105 - a variable's name


@dataclass(frozen=True, slots=True)
class Key:
    """Credentials with the getters that both SDKs ask for.

    The token is empty and never None: the SMQ SDK compares it with the empty string only.
    """

    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str = field(repr=False)
    source: str

    def get_access_key_id(self) -> str:
        return self.access_key_id

    def get_access_key_secret(self) -> str:
        return self.access_key_secret

    def get_security_token(self) -> str:
        return self.security_token

    def get_provider_name(self) -> str:
        return self.source


class Provider(Protocol):
    """What every client signs with."""

    def get_credentials(self) -> Key:
        """Return the credentials of this moment.

        Raises:
            NoCredentials: There are none now.
        """
        ...

    def get_provider_name(self) -> str:
        """Name the source, for the SDK's request header."""
        ...


class EnvironmentProvider(Provider):
    """Reads the environment at each call."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @override
    def get_credentials(self) -> Key:
        key_id, secret = self._environ.get(KEY_ID, ""), self._environ.get(KEY_SECRET, "")
        if not key_id or not secret:
            raise NoCredentials(f"{KEY_ID} and {KEY_SECRET} are not both set")
        return Key(key_id, secret, self._environ.get(SECURITY_TOKEN, ""), "env")

    @override
    def get_provider_name(self) -> str:
        return "env"


class ChainProvider(Provider):
    """The SDK's default chain, made on first use: it starts a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chain: Any = None

    @override
    def get_credentials(self) -> Key:
        found: Any = None
        reason = ""
        try:
            found = self._made().get_credentials()
        except Exception as error:  # noqa: BLE001 - its text may quote files and answers
            reason = type(error).__name__
        if found is None:
            raise NoCredentials(
                f"no credentials from environment, role or profile ({reason}): attach a RAM role to this"
                f" instance, or set {KEY_ID} and {KEY_SECRET} and start again"
            )
        return Key(
            found.get_access_key_id() or "",
            found.get_access_key_secret() or "",
            found.get_security_token() or "",
            found.get_provider_name() or "default",
        )

    @override
    def get_provider_name(self) -> str:
        return "default"

    def _made(self) -> Any:
        with self._lock:
            if self._chain is None:
                module = import_module("alibabacloud_credentials.provider")
                sdk_logging.silence()
                self._chain = module.DefaultCredentialsProvider()
            return self._chain


def provider(environ: Mapping[str, str]) -> Provider:
    """Choose where credentials come from; call it once and share the result."""
    return EnvironmentProvider(environ) if environ.get(KEY_ID) else ChainProvider()


def sdk_credential(source: Provider) -> object:
    """Wrap a provider for `Config(credential=...)` of the RPC SDKs."""
    client = import_module("alibabacloud_credentials.client").Client
    sdk_logging.silence()
    return client(provider=source)
