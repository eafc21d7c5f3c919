"""Which language a person reads: told apart from the texts, so that asking for it loads none of them."""

from collections.abc import Mapping
from enum import Enum


class Language(str, Enum):
    """The languages that every text has."""

    ENGLISH = "en"
    CHINESE = "zh"


# In the order in which POSIX looks at them.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(environ: Mapping[str, str], wanted: str | None = None) -> Language:
    """Choose the language: the one asked for, else that of the environment, else English."""
    if wanted is not None:
        return Language(wanted)
    spoken = next((environ[name] for name in _VARIABLES if environ.get(name)), "")
    return Language.CHINESE if spoken.lower().startswith("zh") else Language.ENGLISH
