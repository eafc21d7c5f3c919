"""The refusals of SMQ in its own words.

Source: SMQ "Error codes", help.aliyun.com/document_detail/27501.html; the sentences are printed
there, spelling included. The English edition, alibabacloud.com/help/en/mns/error-codes, differs in
two rows of InvalidArgument: it says "must be between", and has no sentence for the schema;
comments of the C# SDK say "should between" as well. For a header or a content type without a row there
the sentence is ours.
"""

from emulator.state.errors import ApiError

MESSAGE_BYTES_LIMIT = 65_536


def queue_not_exist() -> ApiError:
    return ApiError(404, "QueueNotExist", "The queue name you provided is not exist.")


def queue_already_exist() -> ApiError:
    return ApiError(409, "QueueAlreadyExist", "The queue you want to create is already exist.")


def queue_deleted_recently() -> ApiError:
    return ApiError(
        400, "QueueDeletedRecently", "The queue you want to create is deleted recently."
    )


def invalid_queue_name() -> ApiError:
    return ApiError(
        400,
        "InvalidQueueName",
        "The queue name you provided is invalid. "
        "QueueName should start with alpha and contain only alpha, digit or - .",
    )


def queue_name_length() -> ApiError:
    """Return the refusal of a long name; its 256 contradicts the 120 of "CreateQueue"."""
    return ApiError(400, "QueueNameLengthError", "Queue name length should between 1 and 256.")


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
    """Return the refusal of a number or a size outside its documented range.

    A priority has no unit: the service's own answer without one stands in
    https://github.com/aliyun/aliyun-mns-go-sdk/issues/12.
    """
    unit = "" if name == "Priority" else " seconds/bytes."
    return invalid_argument(f"The value of {name} should between {low} and {high}{unit}")


def too_large() -> ApiError:
    """Return the refusal of a body beyond everything that a message may hold.

    Source: SMQ "Limits", message size.
    """
    return out_of_range("MessageBody", 1, MESSAGE_BYTES_LIMIT)


def not_in_schema(element: str) -> ApiError:
    """Return the refusal of an element that a request does not have at that place."""
    return invalid_argument(
        f"The XML you provided did not validate against our published schema, cause by {element}."
    )


def malformed_xml() -> ApiError:
    return ApiError(400, "MalformedXML", "The XML you provided was not well-formed.")


def invalid_digest() -> ApiError:
    """Return the refusal of a Content-MD5; the code is spelled as the page spells it."""
    return ApiError(400, "InvalidDegist", "The Content-MD5 you specified is invalid.")


def invalid_request_url() -> ApiError:
    return ApiError(400, "InvalidRequestURL", "Http request URL format invalid.")


def invalid_query_string(item: str) -> ApiError:
    return ApiError(
        400, "InvalidQueryString", f'Http request URL contains invalid querystring item "{item}".'
    )


def missing(name: str) -> ApiError:
    """Return the refusal of a request without a parameter, as ReceiptHandle."""
    return ApiError(400, f"Missing{name}", f"{name} is required.")


def missing_header(name: str) -> ApiError:
    return ApiError(400, f"Missing{name}Header", f"{name} header is required.")


def invalid_header(name: str) -> ApiError:
    return ApiError(400, f"Invalid{name}Header", f"The {name} header format is invalid.")


def invalid_content_type() -> ApiError:
    return ApiError(400, "InvalidContentType", "The Content-Type header format is invalid.")


def invalid_access_key_id() -> ApiError:
    return ApiError(403, "InvalidAccessKeyId", "The AccessKey Id you provided is not exist.")


def signature_does_not_match() -> ApiError:
    return ApiError(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    )


def time_expired() -> ApiError:
    return ApiError(408, "TimeExpired", "The http request you sent is expired.")


def access_denied() -> ApiError:
    return ApiError(
        403,
        "AccessDenied",
        "The OwnerId that your Access Key Id associated to is forbidden for this operation.",
    )
