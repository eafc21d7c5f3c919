"""The configuration: `config.yaml` and the environment, validated into frozen settings.

`load` reads, `Settings` is the result, and `SettingsError` holds everything that is wrong with it at once.
"""

from worker.settings.endpoints import Urls
from worker.settings.example import example_yaml
from worker.settings.load import find_file, from_data, load
from worker.settings.model import Settings
from worker.settings.problems import Problem, SettingsError
from worker.settings.receives import ReceivesNeeded, receives_needed
from worker.settings.sections import (
    Audit,
    Cleanup,
    Clock,
    Endpoints,
    Image,
    Launch,
    Log,
    Notice,
    Queue,
    Receipts,
    Rule,
    Select,
    Worker,
)

__all__ = [
    "Audit",
    "Cleanup",
    "Clock",
    "Endpoints",
    "Image",
    "Launch",
    "Log",
    "Notice",
    "Problem",
    "Queue",
    "Receipts",
    "ReceivesNeeded",
    "Rule",
    "Select",
    "Settings",
    "SettingsError",
    "Urls",
    "Worker",
    "example_yaml",
    "find_file",
    "from_data",
    "load",
    "receives_needed",
]
