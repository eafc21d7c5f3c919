"""Where the monitors of the workers of one host listen."""

import pytest

from worker.core.errors import Permanent
from worker.monitoring import own_address


@pytest.mark.parametrize(
    ("listen", "number", "own"),
    [
        ("127.0.0.1:9464", 1, "127.0.0.1:9464"),
        ("127.0.0.1:9464", 3, "127.0.0.1:9466"),
        ("[::1]:65534", 2, "[::1]:65535"),
        ("127.0.0.1:0", 2, "127.0.0.1:0"),
    ],
)
def test_each_worker_of_a_host_has_a_port_of_its_own(listen: str, number: int, own: str) -> None:
    """One after the other from the configured one; a free one stays a free one."""
    assert own_address(listen, number) == own


def test_a_port_that_there_is_not_is_named() -> None:
    """Before anything is opened."""
    with pytest.raises(
        Permanent, match=r"^monitor.listen: 127.0.0.1:65535 leaves worker 2 no port"
    ):
        own_address("127.0.0.1:65535", 2)
