"""Reads, completes and validates the configuration, and says everything that is wrong with it at once."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from worker.settings.environment import (
    ACCOUNT_VARIABLES,
    CONFIG_VARIABLE,
    REGION_VARIABLES,
    secrets_in_file,
    weak_keys,
    with_environment,
)
from worker.settings.model import Settings
from worker.settings.problems import NOTHING, Problem, SettingsError
from worker.settings.reference import known_paths
from worker.settings.units import WRITTEN_BY_A_PERSON
from worker.settings.yaml_file import read_yaml

DEFAULT_FILE = "config.yaml"

# Stands in for a place that is missing or wrong while the rest is looked at.
_PLACE = {"account_id": "1234567890123456", "region": "cn-hangzhou"}

_EXPECTED = {
    "bool_type": ("must be true or false", "write true or false"),
    "int_type": ("must be a whole number", "write digits without quotes"),
    "string_type": ("must be text", "write text"),
    "tuple_type": ("must be a list", "write [a, b], or one '- item' per line"),
    "dict_type": ("must be a mapping", "write 'key: value' lines, or {} for none"),
    "mapping_type": ("must be a mapping", "write 'key: value' lines, or {} for none"),
    "model_type": ("must be a section", "write its keys below it, indented"),
}


def find_file(config: str | None, environ: Mapping[str, str]) -> Path:
    """Return the file that is used: --config, else ALIYUN_OPS_CONFIG, else ./config.yaml.

    Raises:
        SettingsError: It does not exist. Defaults do not replace it: a worker started in a wrong directory would take
            every spot instance for its own.
    """
    named = config if config is not None else environ.get(CONFIG_VARIABLE)
    path = Path(named or DEFAULT_FILE)
    if path.is_file():
        return path
    advice = "name the file with --config or ALIYUN_OPS_CONFIG"
    if not named:
        advice = f"{advice}, or run where {DEFAULT_FILE} is"
    raise SettingsError(Problem(str(path), "is not a file that exists", advice))


def load(config: str | None, environ: Mapping[str, str]) -> Settings:
    """Read the configuration file and the environment.

    Args:
        config: The file named on the command line, if one was.
        environ: The environment, usually `os.environ`.

    Raises:
        SettingsError: With everything that is wrong, not only the first thing.
    """
    return from_data(read_yaml(find_file(config, environ)), environ)


def from_data(data: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Validate settings given as plain data, as a file would hold them.

    Raises:
        SettingsError: With everything that is wrong.
    """
    unreadable = list(_unprintable(data))
    if unreadable:
        raise SettingsError(*unreadable)
    leaked = list(secrets_in_file(data))
    problems = [*leaked, *weak_keys(environ)]
    # A section whose keys are all commented out reads as null: it is absent, not wrong.
    given = {key: value for key, value in data.items() if value is not None}
    merged, origins = with_environment(given, environ)
    try:
        settings = Settings.model_validate(merged, context=WRITTEN_BY_A_PERSON)
    except ValidationError as error:
        hidden = {problem.path for problem in leaked}
        found = (each for one in error.errors() for each in _problems(one, origins))
        problems += [each for each in found if each.path not in hidden]
        problems += _impossible_besides(merged, error)
    else:
        if not problems:
            return settings
    raise SettingsError(*problems) from None


def _unprintable(value: object, path: str = "") -> Iterator[Problem]:
    """Find texts that no name or path has: they would steer a terminal, or end a path early."""
    if isinstance(value, str) and not value.isprintable():
        yield Problem(path, "holds a control character", "write plain text", found=value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            where = f"{path}.{key}" if path else str(key)
            if not str(key).isprintable():
                yield Problem(where, "is a key with a control character", "write plain text")
            yield from _unprintable(item, where)
    elif isinstance(value, list):
        for item in value:
            yield from _unprintable(item, path)


def _impossible_besides(data: Mapping[str, Any], error: ValidationError) -> Iterator[Problem]:
    """Find the impossible combinations of what is sound, so that all errors are told at once.

    What is wrong by itself is left out and stands for its default; a combination with such a key
    is not told, because the key is to be changed anyway.
    """
    wrong = {tuple(map(str, one["loc"][:2])) for one in error.errors()} - {()}
    if not wrong:
        return
    sound = {**_PLACE, **{key: value for key, value in data.items() if (key,) not in wrong}}
    for path in wrong:
        section = sound.get(path[0])
        if isinstance(section, Mapping):
            sound[path[0]] = {key: value for key, value in section.items() if path[1:] != (key,)}
    try:
        Settings.model_validate(sound, context=WRITTEN_BY_A_PERSON)
    except ValidationError as second:
        reported = {".".join(path) for path in wrong}
        combinations = (one for one in second.errors() if one["type"] == "impossible")
        for one in combinations:
            yield from (each for each in one["ctx"]["problems"] if each.path not in reported)


def _problems(error: ErrorDetails, origins: Mapping[str, str]) -> Iterator[Problem]:
    context = error.get("ctx", {})
    if error["type"] == "impossible":
        yield from context["problems"]
        return
    path = ".".join(str(part) for part in error["loc"])
    yield _explain(
        error, context, path, f"{path} (from {origins[path]})" if path in origins else path
    )


def _explain(error: ErrorDetails, context: dict[str, Any], path: str, shown: str) -> Problem:
    kind = error["type"]
    if kind == "extra_forbidden":
        return Problem(shown, "is an unknown key", _near(path))
    if kind == "missing":
        return _missing(path)
    if kind == "setting":
        return Problem(shown, context["problem"], context["advice"], found=error["input"])
    if kind == "literal_error":
        return Problem(
            shown,
            "is not one of the choices",
            f"write one of {context['expected']}",
            found=error["input"],
        )
    problem, advice = _EXPECTED.get(
        kind, (error["msg"], "see the comment at this key in config.yaml")
    )
    return Problem(shown, problem, advice, found=error["input"])


def _missing(path: str) -> Problem:
    variables = {"account_id": ACCOUNT_VARIABLES, "region": REGION_VARIABLES}.get(path, ())
    example = {"account_id": '"1234567890123456"', "region": "cn-hangzhou"}.get(path, "a value")
    return Problem(
        path,
        "is not set",
        f"write {path}: {example}, or set {' or '.join(variables)}",
        found=NOTHING,
    )


def _near(path: str) -> str:
    known = known_paths()
    leaf = path.rpartition(".")[2]
    same_leaf = [other for other in known if other.rpartition(".")[2] == leaf]
    close = same_leaf or difflib.get_close_matches(path, known, n=1, cutoff=0.6)
    if not close:
        close = [
            other
            for other in known
            if difflib.get_close_matches(leaf, [other.rpartition(".")[2]], cutoff=0.75)
        ]
    return f"did you mean {close[0]}?" if close else "take it out; config.yaml lists all keys"
