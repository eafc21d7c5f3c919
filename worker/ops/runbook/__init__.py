"""The runbook for who is woken at night: tables in both languages, and the pages made from them.

Each table goes by the words of the code (a reason for parking, a finding, a remark), so that a new
word without an entry, and an entry without a word, turn a test red. `worker.ops.runbook.files`
writes `docs/runbook.md` and `docs/runbook.zh-CN.md`.
"""

from typing import Final

from worker.core.dead_letters import Origin
from worker.core.outcomes import Park

# The words for a dead letter that have a section; another version of the worker may know more.
SECTIONS: Final = frozenset(
    {*(park.value for park in Park), Origin.MOVED.value, Origin.UNDELIVERED.value}
)
