"""Takes the SDKs' own log lines out of the worker's output.

`darabonba-core` and `credentials` add a handler to stderr at import; with `DEBUG=sdk` in the
environment the former prints every header, signature and security token included. `apprise` and
`urllib3` log the addresses of channels, which are secrets.
"""

import logging
from typing import Final

_LOGGERS: Final = (
    "darabonba-core",
    "credentials",
    "alibabacloud_credentials",
    "apprise",
    "urllib3",
)


def silence() -> None:
    """Strip the SDKs' loggers; to be called after each import that may have made one."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.addHandler(logging.NullHandler())
        logger.setLevel(logging.CRITICAL)
        logger.propagate = False
