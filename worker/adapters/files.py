"""Files that a reader finds whole, or as they were before."""

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, text: str, *, mode: int = 0o666, directory_mode: int = 0o777) -> None:
    """Write a file so that a reader finds it whole, or the one before it.

    Args:
        path: Where to; its directory is made when it is not there.
        text: What it holds.
        mode: Permissions of the file, less the process's mask; it is made with them, so that it is
            at no moment open to others.
        directory_mode: The same for a directory that is made.

    Raises:
        OSError: It cannot be written; nothing of it is left.
    """
    path.parent.mkdir(mode=directory_mode, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)
    try:
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        # Half of a character, as other tools cut names, stays half of one where the text is JSON.
        with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
