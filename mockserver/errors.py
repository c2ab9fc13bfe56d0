"""The named failures: what stops the server from starting, and what makes a vendor turn a request down."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.model import Request, Violation


class StartError(Exception):
    """Something that the user gave keeps the server from starting; its text is one line for a person."""


class ContractError(StartError):
    """A contract file is wrong: names the file, the place inside it and what is wrong there."""

    def __init__(self, file: object, place: str, problem: str) -> None:
        problem = " ".join(problem.split())
        super().__init__(f"{file}: {place}: {problem}" if place else f"{file}: {problem}")


class SettingsError(StartError):
    """A flag, an environment variable or a line of the settings file is wrong."""


class AddressError(StartError):
    """The address to listen on cannot be had."""


class FailureKind(Enum):
    """Why a vendor turns a request down. `mockserver.answers` says which status each kind gets."""

    CREDENTIAL_MISSING = "credential-missing"
    CREDENTIAL_INVALID = "credential-invalid"
    APPLICATION_KEY_MISSING = "application-key-missing"
    UNREADABLE = "unreadable"
    ENCODING_UNKNOWN = "encoding-unknown"
    TOO_LARGE = "too-large"
    INVALID = "invalid"
    RATE_LIMITED = "rate-limited"
    WRONG_METHOD = "wrong-method"
    ASKED_FOR = "asked-for"
    BUG = "bug"


class Failure(Exception):  # noqa: N818 - it is an answer, not an error of the program
    """A stage turned the request down.

    `detail` is for the vendor's message; `violations` are what the body did wrong, in the order of their places;
    `status` is set only where the failure itself names the status (an answer that was asked for); `text` is the body
    that was read, for vendors that say the line and column; `retry_after` is the seconds after which to come back.
    """

    def __init__(
        self,
        kind: FailureKind,
        detail: str = "",
        *,
        violations: tuple[Violation, ...] = (),
        status: int | None = None,
        text: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail or kind.value)
        self.kind = kind
        self.detail = detail
        self.violations = violations
        self.status = status
        self.text = text
        self.retry_after = retry_after


class ClientGone(Exception):  # noqa: N818 - nobody is left to answer
    """The client left before its request was complete; `request` is what had arrived."""

    def __init__(self, request: Request) -> None:
        super().__init__("the client left before its request was complete")
        self.request = request
