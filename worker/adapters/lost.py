"""In words for a person, why an answer did not come.

The SDKs wrap what happened several times over, and their outermost class says the same of a wrong
region, a firewall and a proxy. Only classes are read: the text of such an exception holds addresses
with signatures.
"""

from collections.abc import Iterator
from typing import Final

# The first that fits: a proxy that refuses connections is a matter of the proxy.
_WORDS: Final = (
    ("the proxy that the environment names does not answer", {"ProxyError"}),
    ("the host name of the endpoint does not resolve", {"gaierror", "NameResolutionError"}),
    ("no TLS with the endpoint", {"SSLError", "SSLCertVerificationError", "SSLEOFError"}),
    ("the endpoint refuses connections", {"ConnectionRefusedError"}),
    ("no connection in time", {"ConnectTimeout", "ConnectTimeoutError"}),
    ("no answer in time", {"ReadTimeout", "ReadTimeoutError", "TimeoutError"}),
    ("the answer is not JSON", {"JSONDecodeError"}),
)


def reason_of(error: BaseException, otherwise: str = "") -> str:
    """Say why a call got no answer.

    Args:
        error: As an SDK raised it.
        otherwise: What to say of causes nobody has words for; the class of the error when empty.
    """
    names = {type(one).__name__ for one in _causes(error)}
    told = next((words for words, classes in _WORDS if classes & names), "")
    return told or otherwise or type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came of, wherever the libraries keep it: each once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            # The SDK's own attribute, Python's, and urllib3's.
            kept = (getattr(one, name, None) for name in ("inner_exception", "reason"))
            waiting += [*kept, one.__cause__, one.__context__, *one.args]
