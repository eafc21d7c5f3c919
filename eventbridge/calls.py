"""Makes one request through an SDK certain: quick repeats, the answer's own verdict, and an error that holds no secret.

An EventBridge answer may be HTTP 200 and still say no: `code` and `success` in its body decide. The text of an SDK's exception
holds the signed request; only its class, code, status and request id go further, and the exception itself goes nowhere.
"""

from collections.abc import Callable
from typing import Any

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from eventbridge.cloud import CloudError
from worker.adapters import lost

ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 4.0
# What is said where nobody has words for the cause.
NO_ANSWER = "the connection broke, or what came back is no answer of the cloud"

GOOD_CODES = frozenset({"Success", "200"})
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500

# Names of the classes, not the classes: importing them would import the SDKs.
_NO_ANSWER = frozenset({"UnretryableException", "MNSClientNetworkException", "RetryError"})
_NO_CREDENTIALS = "CredentialException"


class Calls:
    """Sends requests; `sleep` lets the time between two attempts pass."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=FIRST_PAUSE_SECONDS, max=LONGEST_PAUSE_SECONDS),
            retry=retry_if_exception(_is_transient),
            sleep=sleep,
            reraise=True,
        )

    def rpc(self, operation: str, address: str, send: Callable[[], Any]) -> Any:
        """Send a request of an RPC API and return the body of its good answer.

        Raises:
            CloudError: It was refused, or no answer came in three attempts.
        """
        return self._retrying(lambda: _judged(operation, _sent(operation, address, send)))

    def data_plane(self, operation: str, address: str, send: Callable[[], Any]) -> Any:
        """Send a request of the queue's data plane, whose SDK raises on every bad answer."""
        return self._retrying(lambda: _sent(operation, address, send))


def _sent(operation: str, address: str, send: Callable[[], Any]) -> Any:
    try:
        return send()
    except Exception as error:  # noqa: BLE001 - SDKs raise anything; none of it may be shown as it is
        failure = _failure(operation, address, error)
    # Outside the handler, so that the SDK's exception is not even kept as the context.
    raise failure


def _failure(operation: str, address: str, error: Exception) -> CloudError:
    kind = type(error).__name__
    status = getattr(error, "status_code", None)
    code = getattr(error, "code", None) or getattr(error, "type", None)
    return CloudError(
        operation,
        kind=kind,
        reason=lost.reason_of(error, NO_ANSWER) if kind in _NO_ANSWER else "",
        address=address if kind in _NO_ANSWER else None,
        code=code if isinstance(code, str) and kind not in _NO_ANSWER else None,
        status=status if isinstance(status, int) else None,
        request_id=_text(getattr(error, "request_id", None) or getattr(error, "req_id", None)),
    )


def _judged(operation: str, answer: Any) -> Any:
    body = answer.body
    code = _text(getattr(body, "code", None))
    success = getattr(body, "success", None)
    if success is not False and (code in GOOD_CODES or (code is None and success is True)):
        return body
    status = getattr(answer, "status_code", None)
    request_id = _text(getattr(body, "request_id", None))
    raise CloudError(operation, kind="refused", code=code, status=status, request_id=request_id)


def _is_transient(error: BaseException) -> bool:
    if not isinstance(error, CloudError) or error.kind == _NO_CREDENTIALS:
        return False
    if error.kind in _NO_ANSWER:
        return True
    throttled = (error.code or "").startswith(("Throttling", "TooManyRequests", "QpsLimitExceeded"))
    return throttled or error.status == TOO_MANY_REQUESTS or (error.status or 0) >= SERVER_ERROR


def _text(value: object) -> str | None:
    return str(value) if value else None
