"""Client tokens: the same request twice has one effect, for a while.

Source: "How to ensure idempotence". A token with other parameters is an error; a stock refusal
is remembered with its token when `Assumptions.refusals_stick_to_token` says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.state.errors import ApiError

MAX_TOKEN_LENGTH = 64
STICKY_CODES = frozenset({"OperationDenied.NoStock"})
# What an action answers to a known token with other parameters. Source: its error table.
MISMATCH = {
    "CreateImage": (400, "IdempotenceParamNotMatch"),
    "CreateSnapshot": (403, "IdempotentParameterMismatch"),
    "AddServersToServerGroup": (400, "IdempotenceSignatureMismatch"),
    "RemoveServersFromServerGroup": (400, "IdempotenceSignatureMismatch"),
    "UpdateServerGroupServersAttribute": (400, "IdempotenceSignatureMismatch"),
}


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a token stands for."""

    parameters: Mapping[str, Any]
    expires_at: float
    answer: Mapping[str, Any] | ApiError


@dataclass(slots=True)
class TokenBook:
    """The tokens of one region."""

    seconds: float
    refusals_stick: bool
    _known: dict[tuple[str, str], Remembered] = field(default_factory=dict)

    def once(
        self,
        action: str,
        parameters: Mapping[str, Any],
        now: float,
        effect: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        """Run `effect`, or replay what its token led to before.

        Raises:
            ApiError: The effect's refusal, or the token was used with other parameters.
        """
        token = parameters.get("ClientToken", "")
        if not token:
            return effect()
        check_token(token)
        known = self._known.get((action, token))
        if known is not None and now < known.expires_at:
            return _replay(action, known, parameters)
        return self._first(action, token, parameters, now, effect)

    def _first(
        self,
        action: str,
        token: str,
        parameters: Mapping[str, Any],
        now: float,
        effect: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        expires_at = now + self.seconds
        try:
            answer = effect()
        except ApiError as refusal:
            if self.refusals_stick and refusal.code in STICKY_CODES:
                self._known[action, token] = Remembered(parameters, expires_at, refusal)
            raise
        self._known[action, token] = Remembered(parameters, expires_at, answer)
        return answer


def check_token(token: str) -> None:
    """Refuse a token that is too long or not ASCII."""
    if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
        raise ApiError(
            400, "InvalidClientToken.ValueNotSupported", "The ClientToken provided is invalid."
        )


def _replay(action: str, known: Remembered, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if known.parameters != parameters:
        status, code = MISMATCH.get(action, (400, "IdempotentParameterMismatch"))
        raise ApiError(
            status,
            code,
            "Request uses a client token in a previous request but is not identical to that "
            "request.",
        )
    if isinstance(known.answer, ApiError):
        raise ApiError(known.answer.status, known.answer.code, known.answer.message)
    return dict(known.answer)
