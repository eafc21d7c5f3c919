"""When to look again at something that takes minutes."""

SHARE_OF_REMAINDER = 0.5
# An image that stands still shortly before its end is looked at less and less often.
SHARE_OF_AGE = 1 / 300


def next_image_poll(
    *, percent: int, begun_at: float, now: float, shortest: float, longest: float
) -> float:
    """Follow the reported progress: far from the end rarely, near the end often.

    Args:
        percent: Reported progress, 0 to 100.
        begun_at: When the image was accepted.
        now: The present; all instants in epoch seconds.
        shortest: Shortest pause in seconds.
        longest: Longest pause in seconds.

    Returns:
        The instant of the next look.
    """
    elapsed = max(now - begun_at, 0.0)
    if percent <= 0:
        return now + min(max(elapsed, shortest * 2), longest)
    remaining = elapsed * max(100 - percent, 0) / percent
    pause = max(remaining * SHARE_OF_REMAINDER, elapsed * SHARE_OF_AGE, shortest)
    return now + min(pause, longest)
