"""The wording of a command: in the language that is asked for, with the cloud's codes explained."""

import os

from worker.ops.wording import Wording, language_of


def wording_of(wanted: str | None) -> Wording:
    """Return the wording in the language of --language, else in that of the environment."""
    return Wording(language_of(os.environ, wanted), why_of)


def why_of(code: str, action: str) -> str:
    """Say what is behind a code of the cloud; only who meets one pays for the table."""
    from worker.adapters import error_map  # noqa: PLC0415 - as above

    return error_map.why_of(code, action)
