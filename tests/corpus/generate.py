"""Makes the kept messages of this release by running the simulation; run by hand, once a release.

    python -m tests.corpus.generate

What a release has sent can be in a queue for days after the next one is deployed. A released
directory is never written again: a later release must read what is in it.
"""

import json
import sys

from pydantic import TypeAdapter

from tests.corpus.files import HERE, INDEX, Kept, digest
from tests.corpus.kinds import KINDS
from tests.corpus.stage import Kind, reach
from worker import __version__
from worker.core.progress import Progress, decode

_ADAPTER: TypeAdapter[Progress] = TypeAdapter(Progress)


def readable(progress: Progress) -> dict[str, object]:
    """Write progress as plain values, without those that are defaults."""
    found: dict[str, object] = _ADAPTER.dump_python(progress, mode="json", exclude_defaults=True)
    return found


def keep(kind: Kind) -> Kept:
    """Run a kind's scenario and return the message that it is for."""
    moment = reach(kind)
    has_progress = "format" in moment.attributes
    progress = decode(moment.attributes) if has_progress else None
    if progress is not None and not kind.sent_as(progress):
        raise SystemExit(f"{kind.name}: the message does not show what it is for")
    return Kept(
        release=__version__,
        name=kind.name,
        what=kind.what,
        sent_at=moment.at,
        body=moment.body,
        attributes=dict(moment.attributes),
        values=None if progress is None else readable(progress),
    )


def main() -> None:
    """Write the directory of this release.

    Raises:
        SystemExit: It is there already, or a message does not show what it is for.
    """
    directory = HERE / __version__
    if directory.exists():
        raise SystemExit(f"{directory.name} is released already and is never written again")
    kept = [keep(kind) for kind in KINDS]
    directory.mkdir()
    for one in kept:
        one.file.write_text(one.as_text(), encoding="utf-8")
    digests = {one.name: digest(one.as_text()) for one in kept}
    (directory / INDEX).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(kept)} messages in {directory.name}\n")


if __name__ == "__main__":
    main()
