"""One provider per process, for both SDKs."""

import pytest

from worker.adapters.credentials import (
    KEY_ID,
    KEY_SECRET,
    SECURITY_TOKEN,
    ChainProvider,
    EnvironmentProvider,
    Key,
    provider,
)
from worker.core.errors import NoCredentials


def test_environment_is_read_at_each_call() -> None:
    """A function instance that is used again has other keys then."""
    environ = {KEY_ID: "emulator", KEY_SECRET: "emulator-secret"}
    source = provider(environ)

    first = source.get_credentials()
    environ.update({KEY_ID: "emulator-2", SECURITY_TOKEN: "emulator-token"})
    second = source.get_credentials()

    assert isinstance(source, EnvironmentProvider)
    assert (first.get_access_key_id(), first.get_security_token()) == ("emulator", "")
    assert (second.get_access_key_id(), second.get_security_token()) == (
        "emulator-2",
        "emulator-token",
    )


def test_half_a_key_is_none() -> None:
    """It may come with the next look."""
    with pytest.raises(NoCredentials, match=KEY_SECRET):
        provider({KEY_ID: "emulator"}).get_credentials()


def test_without_keys_the_chain_decides() -> None:
    """It starts nothing before it is asked."""
    source = provider({})

    assert isinstance(source, ChainProvider)
    assert source._chain is None


def test_a_chain_that_finds_nothing_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment nor a file nor a role of this host gives any."""
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")

    with pytest.raises(NoCredentials, match="attach a RAM role to this instance, or set"):
        provider({}).get_credentials()


def test_key_does_not_show_itself() -> None:
    """In a traceback, for example."""
    shown = repr(Key("emulator", "emulator-secret", "emulator-token", "env"))

    assert shown == "Key(source='env')"
