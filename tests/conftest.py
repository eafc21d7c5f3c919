"""What holds for every test: the same examples on every run, and no judgement by the wall clock."""

import signal

from hypothesis import HealthCheck, settings

# A shell without a terminal starts what runs in its background with SIGINT ignored, and every child
# inherits that: the commands that a test interrupts would never hear of it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    # A busy machine makes any example slow.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
