"""What can go wrong, as exceptions. All are `GauntletError`; its message says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class GauntletError(Exception):
    """An error of the client, of the way to the server, or of the server.

    Attributes:
        code: Stable name, such as `UNAUTHENTICATED` or `NAME_TAKEN`.
        message: What is wrong.
        path: Where in what was sent: field names and list positions from the outside in.
        hint: What to do about it, where the message does not say it.
    """

    code = "ERROR"
    hint: str | None = None

    def __init__(self, message: str, *, code: str | None = None, path: Sequence[str] = (), hint: str | None = None) -> None:
        self.message = message
        self.code = code or self.code
        self.path = tuple(path)
        self.hint = hint or self.hint
        where = f"{'.'.join(self.path)}: " if self.path else ""
        super().__init__(f"{where}{message}" + (f" {self.hint}" if self.hint else ""))


class UnreachableError(GauntletError):
    """The server did not answer, also after other tries."""

    code = "UNREACHABLE"
    hint = "Is the server running, and is GAUNTLET_URL its address? `gauntlet.serve()` starts one here."


class AuthenticationError(GauntletError):
    """The server wants a token, or does not know this one."""

    code = "UNAUTHENTICATED"
    hint = "Give a token: `gauntlet.connect(token=…)`, or the variable GAUNTLET_TOKEN."


class RateLimitedError(GauntletError):
    """More requests than the server takes in a minute, also after waiting."""

    code = "TOO_MANY_REQUESTS"


class RequestError(GauntletError):
    """The server does not understand the request: mostly, it is of another version than this package."""

    code = "BAD_REQUEST"


class ServerError(GauntletError):
    """The server failed. Its log says why."""

    code = "INTERNAL_SERVER_ERROR"
    hint = "The server's log says why."


class MissingExtraError(GauntletError):
    """A package that this function needs is not installed."""

    code = "MISSING_EXTRA"


class ExportError(GauntletError):
    """The module and the file that was exported from it differ.

    Attributes:
        layer: Name of the first layer whose outputs differ, as in `module.named_modules()`; None where it was not found.
    """

    code = "EXPORT_DIFFERS"

    def __init__(self, message: str, *, layer: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.layer = layer


class NoEquivalentError(GauntletError):
    """Another tool has no attack that computes the same."""

    code = "NO_EQUIVALENT"


class JobError(GauntletError):
    """A job did not succeed."""

    def __init__(self, message: str, *, code: str | None = None, job_id: str = "") -> None:
        super().__init__(message, code=code)
        self.job_id = job_id


class JobFailedError(JobError):
    """A job ended with an error."""

    code = "JOB_FAILED"


class JobCancelledError(JobError):
    """A job was cancelled."""

    code = "JOB_CANCELLED"


class RefusedError(GauntletError):
    """The server understood the request and refused it."""

    code = "REFUSED"


class ValidationError(RefusedError, ValueError):
    """An argument is out of its range or contradicts another."""

    code = "VALIDATION"


class NotFoundError(RefusedError, LookupError):
    """There is nothing of this name or id that this token may see."""

    code = "NOT_FOUND"


class ForbiddenError(RefusedError):
    """The role of the token does not allow this."""

    code = "FORBIDDEN"


class NameTakenError(RefusedError):
    """Another thing of this kind has the name."""

    code = "NAME_TAKEN"


class InvalidModelError(RefusedError):
    """The file is no model that the server can run."""

    code = "INVALID_MODEL"


class InvalidDatasetError(RefusedError):
    """The data set cannot be read."""

    code = "INVALID_DATASET"


class ModelNotReadyError(RefusedError):
    """The model is still being checked, or was rejected."""

    code = "MODEL_NOT_READY"


class DatasetNotReadyError(RefusedError):
    """The data set is still being read, or was rejected."""

    code = "DATASET_NOT_READY"


class InUseError(RefusedError):
    """Something that others are made from, and that can be deleted after them."""

    code = "IN_USE"


class ModelDatasetMismatchError(RefusedError):
    """Model and data set differ in the size of images or the number of classes."""

    code = "MODEL_DATASET_MISMATCH"


class LimitExceededError(RefusedError):
    """The request is larger than the server allows."""

    code = "LIMIT_EXCEEDED"


class QueueFullError(RefusedError):
    """The queue takes no more jobs at the moment."""

    code = "QUEUE_FULL"


class JobFinishedError(RefusedError):
    """The job has ended already."""

    code = "JOB_FINISHED"


#: Exceptions of the errors that payloads hold, by their GraphQL type.
REFUSALS: dict[str, type[RefusedError]] = {
    each.__name__: each
    for each in (
        ValidationError,
        NotFoundError,
        ForbiddenError,
        NameTakenError,
        InvalidModelError,
        InvalidDatasetError,
        ModelNotReadyError,
        DatasetNotReadyError,
        InUseError,
        ModelDatasetMismatchError,
        LimitExceededError,
        QueueFullError,
        JobFinishedError,
    )
}

#: Exceptions by code, of answers without a payload.
_BY_CODE: dict[str, type[GauntletError]] = {
    **{each.code: each for each in REFUSALS.values()},
    AuthenticationError.code: AuthenticationError,
    RateLimitedError.code: RateLimitedError,
    ServerError.code: ServerError,
    "BAD_USER_INPUT": ValidationError,
    "GRAPHQL_VALIDATION_FAILED": RequestError,
    "GRAPHQL_PARSE_FAILED": RequestError,
    "TOO_LARGE": LimitExceededError,
    "JOB_CANCELLED": JobCancelledError,
}


def refusal(payload: Mapping[str, Any]) -> RefusedError | None:
    """The exception of a payload that is an error, and None of one that is none."""
    name = str(payload.get("__typename", ""))
    if name not in REFUSALS and not (name.endswith("Error") and "message" in payload):
        return None
    return REFUSALS.get(name, RefusedError)(str(payload.get("message", "")), path=payload.get("path") or ())


def of_code(code: str | None, message: str, status: int) -> GauntletError:
    """The exception of an answer with an error's code."""
    known = _BY_CODE.get(code or "")
    if known is None:
        known = AuthenticationError if status == 401 else ServerError if status >= 500 else RequestError
    return known(message, code=code or f"HTTP_{status}")
