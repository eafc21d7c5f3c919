"""What the runbook says about one thing."""

from dataclasses import dataclass

from worker.ops.doctor_texts import Text


@dataclass(frozen=True, slots=True)
class Entry:
    """A section of its own.

    Attributes:
        title: What has happened, in a few words.
        happened: What has happened and why.
        safe: Where the data is, and what nobody touches meanwhile.
        now: What to run, in this order.
        later: What to do by day, so that it does not come again.
    """

    title: Text
    happened: Text
    safe: Text
    now: tuple[Text, ...]
    later: Text


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: what a word means, and what to do about it."""

    means: Text
    todo: Text
