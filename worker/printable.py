"""What may be shown: texts from the cloud, a queue or a file must not steer a terminal."""


def printable(text: str) -> str:
    """Write everything that is no plain character as an escape.

    That is control characters and line ends, directions of writing, invisible characters and halves
    of surrogate pairs, which no encoding can write.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )


def printable_lines(text: str) -> str:
    """Do the same, and keep the line ends."""
    return "\n".join(map(printable, text.split("\n")))
