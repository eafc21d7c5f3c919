"""Cloud Assistant, as far as it can be honest without a guest: commands end as settings say.

There is no shell inside an emulated instance. A command on a running instance ends with
`EcsSettings.command_outcome` and no output; one whose text mentions `sync` or `fsfreeze` makes
everything written so far durable, which is what a caller wants such a command for.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invocation:
    """One RunCommand call on some instances."""

    invoke_id: str
    command_id: str
    name: str
    content: str
    kind: str
    timeout: int
    started_at: float
    finish_at: float
    outcomes: dict[str, str]

    def status(self, instance_id: str, now: float) -> str:
        """Return the InvocationStatus on one instance."""
        outcome = self.outcomes[instance_id]
        return outcome if now >= self.finish_at or outcome == "Invalid" else "Running"


def decoded(content: str, encoding: str) -> str:
    """Return a command's text; Base64 unless the call says PlainText. Source: RunCommand."""
    if encoding == "PlainText":
        return content
    try:
        return b64decode(content, validate=True).decode("utf-8", "replace")
    except (NotBase64, ValueError):
        return content


def encoded(text: str) -> str:
    """Encode an output as describe calls do."""
    return b64encode(text.encode()).decode()
