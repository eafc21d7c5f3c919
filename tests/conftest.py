"""What holds for every test: the same examples on every run, and no judgement by the wall clock."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    # A busy machine makes any example slow.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
