"""The refusals of SMQ in its own words. Source: SMQ "Error codes"."""

from emulator.state.errors import ApiError


def queue_not_exist() -> ApiError:
    return ApiError(404, "QueueNotExist", "The queue name you provided is not exist.")


def message_not_exist() -> ApiError:
    return ApiError(404, "MessageNotExist", "Message not exist.")


def receipt_handle_error() -> ApiError:
    return ApiError(400, "ReceiptHandleError", "The receipt handle you provide is not valid.")


def handle_error(code: str) -> ApiError:
    """Return the refusal that an assumption names for a handle that is no longer good."""
    return message_not_exist() if code == "MessageNotExist" else receipt_handle_error()


def invalid_argument(sentence: str) -> ApiError:
    return ApiError(400, "InvalidArgument", sentence)


def out_of_range(name: str, low: int, high: int) -> ApiError:
    """Return the refusal of a number or a size outside its documented range."""
    return invalid_argument(
        f"The value of {name} should be between {low} and {high} seconds/bytes."
    )
