"""One region's ECS as the adapters see it: limits asked, answers judged, lists read to their end.

Every call of every adapter passes here, over the SDK and in the simulator alike:

    limiter says no          Throttled, and nothing is sent
    ConnectionLost, 5xx      Transient for a read, UnknownOutcome for a change
    a refusal                an error, or for a change a `Refusal` that the adapter turns into an
                             answer of `worker.core.model`
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from worker.adapters import error_map
from worker.adapters.ecs import fields
from worker.adapters.ecs.call import ApiRefusal, Body, ConnectionLost, EcsCall
from worker.adapters.error_map import Kind, Meaning
from worker.core.errors import (
    Permanent,
    RecreationError,
    Throttled,
    Transient,
    Unauthenticated,
    UnknownOutcome,
)
from worker.ports import Clock, Limiter, Telemetry

# A list longer than this is not ours; it bounds a cloud that repeats a token for ever.
_PAGES_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definite refusal of a change.

    Attributes:
        kind: What it asks for.
        code: Provider code.
        parameter: The parameter that is refused, for `Kind.UNSUPPORTED`.
        error: What to raise where the port has no answer for it.
        is_known: Whether the table has a row for the code.
    """

    kind: Kind
    code: str
    parameter: str
    error: Permanent
    is_known: bool = True


@dataclass(slots=True)
class Listing:
    """The pages of an action that hands out `NextToken`, as far as they have been read.

    Attributes:
        outer: Name of the list in an answer.
        inner: Name of its members.
        found: The members so far.
        pages: How many pages that was.
        is_over: Whether nothing is left to be read.
    """

    action: str
    params: Mapping[str, Any]
    outer: str
    inner: str
    found: list[Body] = field(default_factory=list)
    pages: int = 0
    is_over: bool = False
    _token: str = ""

    @property
    def next_params(self) -> Mapping[str, Any]:
        """Parameters of the call for the next page."""
        return {**self.params, "NextToken": self._token} if self._token else self.params

    def add(self, page: Body) -> None:
        """Take in what the call for the next page has shown."""
        self.found += fields.members(page, self.outer, self.inner)
        self._token = fields.text(page, "NextToken")
        self.pages, self.is_over = self.pages + 1, not self._token


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One region behind one `EcsCall`.

    Attributes:
        call: The seam.
        region: Region id, sent with every call.
        limiter: Asked before and told after every call.
    """

    call: EcsCall
    region: str
    limiter: Limiter
    clock: Clock
    telemetry: Telemetry

    def read(self, action: str, params: Mapping[str, Any]) -> Body | None:
        """Call an action without effect; None when what it asks about is not there.

        Raises:
            Transient: The answer was lost or is to be had later; `Throttled` for rate.
            Permanent: A person must act.
        """
        answer = self.probe(action, params)
        if isinstance(answer, Refusal):
            raise answer.error
        return answer

    def probe(self, action: str, params: Mapping[str, Any]) -> Body | Refusal | None:
        """Read like `read`, but return a refusal of what is asked for instead of raising it."""
        answer = self._ask(action, params, on_loss=Transient)
        if not isinstance(answer, ApiRefusal):
            return answer
        meaning = self._meaning(action, answer)
        if meaning.kind is Kind.GONE:
            return None
        if meaning.kind in (Kind.BUSY, Kind.UNKNOWN, Kind.NOT_READY):
            raise Transient(_sentence(action, answer, meaning), code=answer.code)
        return self._refusal(action, answer, meaning)

    def change(self, action: str, params: Mapping[str, Any]) -> Body | Refusal:
        """Call an action with an effect.

        Raises:
            Transient: It was not taken now; `Throttled` for rate; `UnknownOutcome` when nobody
                knows whether it took effect.
            Permanent: The cloud does not know the caller.
        """
        answer = self._ask(action, params, on_loss=UnknownOutcome)
        if not isinstance(answer, ApiRefusal):
            return answer
        meaning = self._meaning(action, answer)
        sentence = _sentence(action, answer, meaning)
        if meaning.kind is Kind.UNKNOWN:
            raise UnknownOutcome(sentence, code=answer.code)
        if meaning.kind is Kind.BUSY:
            raise Transient(sentence, code=answer.code)
        return self._refusal(action, answer, meaning)

    def list_once(
        self, action: str, params: Mapping[str, Any], outer: str, inner: str
    ) -> list[Body]:
        """Read a list that comes in one piece."""
        return fields.members(self._page(action, params, outer), outer, inner)

    def read_listing(self, action: str, params: Mapping[str, Any], outer: str) -> Body:
        """Read an answer whose list is not all that is wanted of it; empty when it is not there.

        Raises:
            Transient: The answer has no such list.
        """
        return self._page(action, params, outer)

    def list_by_token(
        self, action: str, params: Mapping[str, Any], outer: str, inner: str
    ) -> list[Body]:
        """Read all pages of an action that hands out `NextToken`."""
        return self.finish(Listing(action, params, outer, inner))

    def probe_by_token(
        self, action: str, params: Mapping[str, Any], outer: str, inner: str
    ) -> list[Body] | Refusal:
        """Read all pages like `list_by_token`, but return a refusal instead of raising it."""
        listing = Listing(action, params, outer, inner)
        return self._finish(listing) or listing.found

    def finish(self, listing: Listing) -> list[Body]:
        """Read the pages that are left; what an error interrupts may go on later.

        Raises:
            RecreationError: A page could not be read. Those before it are kept.
        """
        refusal = self._finish(listing)
        if refusal is not None:
            raise refusal.error
        return listing.found

    def _finish(self, listing: Listing) -> Refusal | None:
        while not listing.is_over:
            if listing.pages >= _PAGES_MAX:
                raise Transient(f"{listing.action} does not come to an end")
            answer = self.probe(listing.action, listing.next_params)
            if isinstance(answer, Refusal):
                return answer
            listing.add(_with_list(listing.action, answer, listing.outer))
        return None

    def list_by_number(
        self, action: str, params: Mapping[str, Any], outer: str, inner: str, *, size: int
    ) -> list[Body]:
        """Read all pages of an action that counts its pages from 1."""
        found: list[Body] = []
        for number in range(1, _PAGES_MAX + 1):
            page = self._page(action, {**params, "PageNumber": number, "PageSize": size}, outer)
            members = fields.members(page, outer, inner)
            found += members
            if len(members) < size or number * size >= fields.integer(page, "TotalCount") > 0:
                return found
        raise Transient(f"{action} does not come to an end")

    def _page(self, action: str, params: Mapping[str, Any], outer: str) -> Body:
        return _with_list(action, self.read(action, params), outer)

    def _ask(
        self, action: str, params: Mapping[str, Any], *, on_loss: type[Transient]
    ) -> Body | ApiRefusal:
        wait_until = self.limiter.admit(action, self.clock.now())
        if wait_until is not None:
            self.telemetry.event("throttled", action=action, by="limiter")
            raise Throttled(f"{action} is held back by our own limiter", retry_at=wait_until)
        try:
            body = self.call(action, {"RegionId": self.region, **params})
        except ApiRefusal as refused:
            return refused
        except ConnectionLost as lost:
            self.telemetry.event("answer_lost", action=action, reason=lost.reason)
            raise on_loss(f"{action} got no answer ({lost.reason or 'unknown'})") from None
        self.limiter.succeeded(action, self.clock.now())
        return body

    def _meaning(self, action: str, refused: ApiRefusal) -> Meaning:
        meaning = error_map.classify(action, refused.status, refused.code, refused.message)
        if not meaning.is_known:
            self.telemetry.event(
                "unknown_provider_code", action=action, code=refused.code, status=refused.status
            )
        if meaning.kind is not Kind.THROTTLED:
            self.limiter.succeeded(action, self.clock.now())
        return meaning

    def _refusal(self, action: str, refused: ApiRefusal, meaning: Meaning) -> Refusal:
        error = self._raisable(action, refused, meaning)
        if not isinstance(error, Permanent) or isinstance(error, Unauthenticated):
            raise error
        return Refusal(meaning.kind, refused.code, meaning.parameter, error, meaning.is_known)

    def _raisable(self, action: str, refused: ApiRefusal, meaning: Meaning) -> RecreationError:
        sentence = _sentence(action, refused, meaning)
        if meaning.kind is Kind.THROTTLED:
            self.telemetry.event("throttled", action=action, by="cloud", code=refused.code)
            retry_at = self.limiter.throttled(action, self.clock.now())
            return Throttled(sentence, retry_at=retry_at, code=refused.code)
        stranger = meaning.kind is Kind.UNAUTHENTICATED
        return (Unauthenticated if stranger else Permanent)(sentence, code=refused.code)


def _with_list(action: str, page: Body | None, outer: str) -> Body:
    if page is None:
        return {}
    # An answer without its list is a broken answer. Taken for an empty list it would say that
    # an instance is gone.
    if not isinstance(page.get(outer), Mapping | list):
        raise Transient(f"{action} answered without {outer}")
    return page


def _sentence(action: str, refused: ApiRefusal, meaning: Meaning) -> str:
    told = f"{action} was refused: {refused.code} (HTTP {refused.status}"
    told += f", request {refused.request_id})" if refused.request_id else ")"
    return f"{told}. {meaning.advice}" if meaning.advice else told
