"""What the environment adds to the file, and what must never stand in the file."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from worker.settings.problems import Problem

ACCOUNT_VARIABLES = ("ALIBABA_CLOUD_ACCOUNT_ID", "FC_ACCOUNT_ID")
REGION_VARIABLES = ("ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "FC_REGION")
SIGNING_KEY_VARIABLE = "ALIYUN_OPS_SIGNING_KEY"
PREVIOUS_SIGNING_KEY_VARIABLE = "ALIYUN_OPS_SIGNING_KEY_PREVIOUS"
NOTIFY_VARIABLE = "ALIYUN_OPS_NOTIFY_URLS"
CONFIG_VARIABLE = "ALIYUN_OPS_CONFIG"

SIGNING_KEY_CHARS_MIN = 16  # as worker.core.signing wants it

# Keys of these mappings are the user's own words, such as the name of a tag.
_FREE_MAPPINGS = frozenset({"select.tags", "select.skip_tags"})
# Most specific first. The SDKs' own variables hold the cloud's credentials; this program's variable holds its key.
_SECRET_KEYS = {
    r"sign|hmac": SIGNING_KEY_VARIABLE,
    r"access_?key_?secret|secret_?key": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    r"access_?key": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    r"token": "ALIBABA_CLOUD_SECURITY_TOKEN",
    r"secret|passw|credential|private_?key": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
}
# Source: RAM, access key id: LTAI and letters or digits; an id that STS gave out begins with STS.
_ACCESS_KEY_ID = re.compile(r"LTAI[A-Za-z0-9]{8,}|STS\.[A-Za-z0-9]{8,}")


def with_environment(
    data: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Fill account, region and secrets from the environment.

    Returns:
        The data to validate, and for each key that came from the environment the variable it came from.
    """
    merged, origins = dict(data), {}
    for key, variables in (("account_id", ACCOUNT_VARIABLES), ("region", REGION_VARIABLES)):
        variable = next((name for name in variables if environ.get(name)), None)
        if key not in merged and variable is not None:
            merged[key], origins[key] = environ[variable], variable
    merged["secrets"] = {
        name: environ[variable]
        for name, variable in (
            ("signing_key", SIGNING_KEY_VARIABLE),
            ("signing_key_previous", PREVIOUS_SIGNING_KEY_VARIABLE),
        )
        if environ.get(variable)
    }
    channels = environ.get(NOTIFY_VARIABLE, "").split()
    if channels:
        merged["secrets"]["notify_urls"] = tuple(channels)
    return merged, origins


def weak_keys(environ: Mapping[str, str]) -> Iterator[Problem]:
    """Find signing keys that are too short to be keys."""
    for variable in (SIGNING_KEY_VARIABLE, PREVIOUS_SIGNING_KEY_VARIABLE):
        key = environ.get(variable)
        if key and len(key) < SIGNING_KEY_CHARS_MIN:
            yield Problem(
                variable,
                f"is shorter than {SIGNING_KEY_CHARS_MIN} characters",
                "make one with: openssl rand -hex 32",
            )


def secrets_in_file(data: Mapping[str, Any], path: str = "") -> Iterator[Problem]:
    """Find keys and values that look like secrets; the values are not repeated in the problem."""
    for key, value in data.items():
        where = f"{path}.{key}" if path else str(key)
        variable = None if path in _FREE_MAPPINGS else _variable_for(str(key))
        if variable is not None and not isinstance(value, Mapping):
            yield Problem(
                where,
                "looks like a secret, and secrets never stand in the file",
                f"set {variable} instead",
            )
        elif isinstance(value, Mapping):
            yield from secrets_in_file(value, where)
        elif _ACCESS_KEY_ID.search(str(value)):
            yield Problem(
                where,
                "holds what looks like an access key",
                "set ALIBABA_CLOUD_ACCESS_KEY_ID instead",
            )


def _variable_for(key: str) -> str | None:
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|-", "_", key).lower()
    return next(
        (variable for pattern, variable in _SECRET_KEYS.items() if re.search(pattern, plain)), None
    )
