"""The seam to ECS, VPC and load balancers: one callable, met by SDKs here, by a model in tests.

    EcsCall = (action, parameters) -> body

Products share names of actions. Those of load balancers, and of VPC where ECS has the same, are written
with the product, as RAM policies do: `alb:ListServerGroups`. Limits, the table of codes and the log see
that name.

Parameters and body are nested plain data under the names of the API reference. A refusal in the
provider's words is raised as `ApiRefusal`, an answer that never arrived or cannot be read as
`ConnectionLost`. What either means is decided elsewhere (`endpoint.py`, `error_map.py`), so that
every binding of the seam is judged by the same rules.

Nothing of an SDK exception outlives this file: its text and its request hold user data, security
tokens and signatures.
"""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from queue import SimpleQueue
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from worker import __version__
from worker.adapters import deadline, lost, sdk_logging
from worker.adapters.ecs import transport
from worker.core.errors import RecreationError

Body = Mapping[str, Any]
EcsCall = Callable[[str, Mapping[str, Any]], Body]
Product = Literal["ecs", "vpc", "slb", "alb", "nlb"]

# Source: VPC API reference 2016-04-28. Every other action without a product is one of ECS.
VPC_ACTIONS: Final = frozenset(
    {
        "AssociateEipAddress",
        "DescribeEipAddresses",
        "DescribeVSwitches",
        "UnassociateEipAddress",
    }
)
USER_AGENT: Final = f"aliyun-ops/{__version__}"

_CONNECT_SECONDS: Final = 3.0
_READ_SECONDS: Final = 10.0
# Of its hundreds of actions the worker calls five: they go through the client that all SDKs are made
# of, for the SDK itself would hold 18 MiB.
_VERSIONS: Final[Mapping[Product, str]] = {"vpc": "2016-04-28"}
_GENERIC: Final = "alibabacloud_tea_openapi"
_PACKAGES: Final[Mapping[Product, str]] = {
    "ecs": "alibabacloud_ecs20140526",
    "vpc": _GENERIC,
    "slb": "alibabacloud_slb20140515",
    "alb": "alibabacloud_alb20200616",
    "nlb": "alibabacloud_nlb20220430",
}
_QUALIFIED: Final[Mapping[str, Product]] = {
    "vpc": "vpc",
    "slb": "slb",
    "alb": "alb",
    "nlb": "nlb",
}
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class ApiRefusal(Exception):
    """The provider answered with an error.

    Args:
        status: HTTP status.
        code: Provider code, for example `OperationDenied.NoStock`.
        message: The provider's sentence: compared with the table, never logged or kept.
        request_id: The provider's id of the request.
    """

    def __init__(self, status: int, code: str, message: str = "", request_id: str = "") -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id


class ConnectionLost(Exception):
    """No readable answer: refused, reset, timed out, cut short or not in the protocol.

    Args:
        reason: Why, in a few words for the log and for a person.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason or "no answer")
        self.reason = reason


class SdkMissing(Exception):
    """The SDK of a product is not installed; those of load balancers are an optional extra.

    Args:
        package: The package that is missing.
    """

    def __init__(self, package: str) -> None:
        super().__init__(package)
        self.package = package


def product_of(action: str) -> Product:
    """Name the product that an action belongs to."""
    return route(action)[0]


def route(action: str) -> tuple[Product, str]:
    """Split an action into its product and the name that the product knows."""
    prefix, colon, name = action.partition(":")
    if colon and prefix in _QUALIFIED:
        return _QUALIFIED[prefix], name
    return ("vpc" if action in VPC_ACTIONS else "ecs"), action


class SdkCall:
    """`EcsCall` over the official SDKs; imports them on the first call of each product.

    One client per product serves all threads. The SDK builds its connection pool on the first
    call without a lock, so the first call of each client runs alone.

    Args:
        region: Region id.
        credential: Makes the object for the SDK's `Config(credential=...)`, once.
        endpoints: URL per product (`http://` or `https://`, host and port); the region's public
            endpoint over https where it names none.
        connect_seconds: Real seconds to wait for a connection.
        read_seconds: Real seconds to wait for an answer.
        calls_max: Calls under way at a time, and connections kept open; who comes later waits.
    """

    def __init__(
        self,
        region: str,
        *,
        credential: Callable[[], object],
        endpoints: Mapping[Product, str] | None = None,
        connect_seconds: float = _CONNECT_SECONDS,
        read_seconds: float = _READ_SECONDS,
        calls_max: int = 24,
    ) -> None:
        self._region = region
        self._credential = credential
        self._endpoints = dict(endpoints or {})
        self._timeouts = (int(connect_seconds * 1000), int(read_seconds * 1000))
        self._calls_max = calls_max
        # A queue of places is a semaphore that costs nothing.
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(calls_max):
            self._places.put(None)
        self._lock = threading.Lock()
        self._clients: dict[Product, _Client] = {}

    def __call__(self, action: str, params: Mapping[str, Any]) -> Body:
        """Make one attempt.

        Raises:
            ApiRefusal: The provider refused.
            ConnectionLost: The answer did not arrive or could not be read.
            SdkMissing: The SDK of the product is not installed.
        """
        product, name = route(action)
        place = self._places.get()
        try:
            return self._client(product).send(name, params)
        finally:
            self._places.put(place)

    def _client(self, product: Product) -> "_Client":
        with self._lock:
            if product not in self._clients:
                self._clients[product] = self._build(product)
            return self._clients[product]

    def _build(self, product: Product) -> "_Client":
        package = _PACKAGES[product]
        try:
            sdk = import_module(f"{package}.client")
            models = import_module(
                f"{package}.{'utils_models' if package == _GENERIC else 'models'}"
            )
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != package:
                raise
            raise SdkMissing(package) from None
        options = import_module("darabonba.runtime").RuntimeOptions()
        sdk_logging.silence()
        transport.bound()
        longest = sum(self._timeouts) / 1000
        version = _VERSIONS.get(product, "")
        client = unmodelled(sdk.Client)(self._config(product))
        return _Client(client, models, options, longest, version)

    def _config(self, product: Product) -> Any:
        config = import_module("alibabacloud_tea_openapi.utils_models").Config
        connect, read = self._timeouts
        url = urlsplit(self._endpoints.get(product, ""))
        # No retry_options: the SDK then makes one attempt, and the step machine owns repetition.
        return config(
            credential=self._credential(),
            region_id=self._region,
            endpoint=url.netloc or None,
            protocol=(url.scheme or "https").upper(),
            connect_timeout=connect,
            read_timeout=read,
            max_idle_conns=self._calls_max,
            user_agent=USER_AGENT,
        )


@dataclass(slots=True)
class _Client:
    """One SDK client and what belongs to it.

    Attributes:
        longest: Bounds a call, in real seconds.
        version: Of the API, where the client is the one that all SDKs are made of.
    """

    sdk: Any
    models: Any
    options: Any
    longest: float
    version: str = ""
    first: threading.Lock = field(default_factory=threading.Lock)
    is_primed: threading.Event = field(default_factory=threading.Event)

    def send(self, action: str, params: Mapping[str, Any]) -> Body:
        if not self.is_primed.is_set():
            with self.first:
                if not self.is_primed.is_set():
                    try:
                        return self._send(action, params)
                    finally:
                        self.is_primed.set()
        return self._send(action, params)

    def _send(self, action: str, params: Mapping[str, Any]) -> Body:
        # Built outside of the guarded block: a mistake in our parameters is a bug, not an outage.
        call = self._generic(action, params) if self.version else self._modelled(action, params)
        failure: ApiRefusal | ConnectionLost
        try:
            with deadline.within(self.longest):
                body = call()
        except Exception as error:  # noqa: BLE001 - the SDK raises anything, parse errors included
            failure = _failure(error)
        else:
            if isinstance(body, Mapping):
                return body
            failure = ConnectionLost("unreadable answer")
        # Raised here and not above, so that the SDK's exception is not kept as its context.
        raise failure

    def _modelled(self, action: str, params: Mapping[str, Any]) -> Callable[[], Any]:
        """Prepare a call through the SDK's own method."""
        request = getattr(self.models, f"{action}Request")().from_map(params)
        method = getattr(self.sdk, f"{_WORD_START.sub('_', action).lower()}_with_options")

        def call() -> Any:
            return self.sdk.body_of(method(request, self.options))

        return call

    def _generic(self, action: str, params: Mapping[str, Any]) -> Callable[[], Any]:
        """Prepare the call that the SDK's own method would make of the same parameters."""
        query = import_module(f"{_GENERIC}.utils").Utils.query(dict(params))
        request = self.models.OpenApiRequest(query=query)
        how = self.models.Params(
            action=action,
            version=self.version,
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )

        def call() -> Any:
            return self.sdk.body_of(self.sdk.call_api(how, request, self.options))

        return call


def unmodelled(client: type[Any]) -> type[Any]:
    """Let a client of the SDK keep answers as they came, instead of making models of them.

    We read plain data, which would have to be made of the models again: each answer would be copied
    twice, field by field. The method `body_of` gives the body for what a method of the SDK has returned;
    one that asks in another way has made a model, and that is read.
    """
    come = threading.local()

    def call_api(self: Any, *args: Any, **named: Any) -> Mapping[str, Any]:
        come.body = client.call_api(self, *args, **named).get("body")
        return {}

    def body_of(_: Any, answer: Any) -> Any:
        # Not kept: a thread may wait long for its next call.
        body, come.body = getattr(come, "body", None), None
        return answer.to_map().get("body") if body is None and answer else body

    return type("Unmodelled", (client,), {"call_api": call_api, "body_of": body_of})


def _failure(error: Exception) -> ApiRefusal | ConnectionLost:
    # What stopped the SDK before it sent anything: there were no credentials.
    inner = getattr(error, "inner_exception", None)
    if isinstance(inner, RecreationError):
        return ConnectionLost(inner.sentence)
    status = getattr(error, "status_code", None)
    code = getattr(error, "code", None)
    # The SDK writes a missing code as the word None.
    if not isinstance(status, int) or not isinstance(code, str) or code in ("", "None"):
        return ConnectionLost(lost.reason_of(error))
    data = getattr(error, "data", None)
    said = data.get("Message") if isinstance(data, Mapping) else None
    return ApiRefusal(
        status, code, said if isinstance(said, str) else "", str(getattr(error, "request_id", ""))
    )
