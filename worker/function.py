"""Entry points of Function Compute.

`handler` is for the built-in runtimes (`handler: worker.function.handler`). `python -m
worker.function` serves the same over HTTP, as custom runtimes want it and as a local test uses it:

    curl -d @event.json http://127.0.0.1:9000/invoke
"""

import os
import sys
from typing import Any

from worker.invocation import Call, Function

_function = Function(os.environ)


def handler(event: object, context: object) -> str:
    """Handle one invocation of a built-in runtime.

    Source: Function Compute, "Request handlers" and "Context" for Python.

    Args:
        event: What the trigger delivers: bytes, or text or an object in a local test.
        context: Of the runtime. python3.12 leaves its credentials out; they are in the environment.

    Raises:
        InvocationFailed: In one sentence.
    """
    return _function.invoke(payload_of(event), call_of(context))


def payload_of(event: object) -> bytes:
    """Return the bytes of an event in any form in which a runtime hands it over."""
    if isinstance(event, bytes | bytearray):
        return bytes(event)
    if isinstance(event, str):
        return event.encode()
    import json  # noqa: PLC0415

    return json.dumps(event, ensure_ascii=False).encode()


def call_of(context: object) -> Call:
    """Read what a runtime tells about an invocation; nothing in it is relied on."""
    timeout = getattr(getattr(context, "function", None), "timeout", None)
    keys = getattr(context, "credentials", None)
    return Call(
        request=str(getattr(context, "request_id", "")),
        timeout=float(timeout) if isinstance(timeout, int | float) and timeout > 0 else None,
        keys=_keys(keys),
    )


def _keys(keys: Any) -> dict[str, str]:
    names = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "access_key_id",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "access_key_secret",
        "ALIBABA_CLOUD_SECURITY_TOKEN": "security_token",
    }
    found = {name: getattr(keys, attribute, None) for name, attribute in names.items()}
    return {name: str(value) for name, value in found.items() if value}


if __name__ == "__main__":
    from worker.cli import main

    main(["function", *sys.argv[1:]])
