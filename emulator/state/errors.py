"""The one error that the cloud's services answer with."""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A refusal in the provider's own words.

    Args:
        status: HTTP status of the answer.
        code: Provider code, for example `InvalidInstanceId.NotFound`.
        message: Sentence for a person.
        data: Further fields of the answer's body, for the services that send some.
    """

    def __init__(
        self, status: int, code: str, message: str, data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.data: Mapping[str, Any] = data or {}


DRY_RUN_CODE = "DryRunOperation"
DRY_RUN_PASSED = "Request validation has been passed with DryRun flag set."


def dry_run_passed(status: int) -> ApiError:
    """Return what a dry run is answered with that would have gone well: no good answer either.

    Args:
        status: HTTP status, which products differ in.
    """
    return ApiError(status, DRY_RUN_CODE, DRY_RUN_PASSED)


def no_action() -> ApiError:
    """Return the gateway's refusal of an action that a product has not.

    Source: the gateway's row in "Common error codes", which names the API and its address alike.
    """
    return ApiError(
        404,
        "InvalidAction.NotFound",
        "Specified api is not found, please check your url and method.",
    )
