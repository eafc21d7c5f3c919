"""What can go wrong, as seen by the message that is being worked on.

    RecreationError
    ├── Transient            say it again later; nothing is known to be wrong
    │   ├── NoCredentials    nobody gives an access key now; nothing was sent
    │   ├── Throttled        refused until `retry_at` by the cloud or by our own limiter
    │   └── UnknownOutcome   a changing call was sent and its answer was lost: same token again
    ├── Permanent            a person must look: parameters, permission, quota
    │   ├── Unauthenticated  the cloud does not know the caller: keys may just be changing
    │   └── NotConfigured    something is not set without which nothing can begin
    └── Malformed            the message cannot be read; it is parked with its raw bytes

Answers that a step expects (no stock, image exists, source gone) are values in
`worker.core.model`, not exceptions. Anything else that is raised is a bug.
An error's text holds only what may be logged: codes, ids and our own words, never the text of an
SDK exception, which carries passwords and signatures.
"""


class RecreationError(Exception):
    """Base of everything that stops a step without an answer."""

    def __init__(self, sentence: str, *, code: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


class Transient(RecreationError):
    """The call may succeed when it is repeated unchanged."""


class NoCredentials(Transient):
    """Nobody gives an access key: the call succeeds once somebody does, and seldom before."""


class Throttled(Transient):
    """The cloud, or our limiter on its behalf, refuses until a later time.

    Args:
        sentence: What was refused.
        retry_at: Epoch seconds from which a repetition makes sense.
        code: Provider code.
    """

    def __init__(self, sentence: str, *, retry_at: float, code: str = "") -> None:
        super().__init__(sentence, code=code)
        self.retry_at = retry_at


class UnknownOutcome(Transient):
    """A changing call was sent and nobody knows whether it took effect."""


class Permanent(RecreationError):
    """Repeating the call cannot help; the recreation is parked for a person."""


class Unauthenticated(Permanent):
    """The cloud does not know the caller. Nothing was done, and another key may be there soon."""


class NotConfigured(Permanent):
    """A setting or a secret is missing without which nothing can begin."""


class Malformed(RecreationError):
    """A message that cannot be read as an event or as our own progress."""
