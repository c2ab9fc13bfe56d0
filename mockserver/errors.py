"""The named failures: what stops the server from starting, and what makes a vendor turn a request down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.model import FailureKind, Request, SyntaxProblem, Violation


MAX_LINE = 1000
"""Characters of a line that is shown whole."""
_BEGINNING, _END = 700, 250


def one_line(text: str) -> str:
    """A text on one line of a terminal: control characters escaped, the middle of a very long one left out."""
    line = "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
    return line if len(line) <= MAX_LINE else f"{line[:_BEGINNING]} … {line[-_END:]}"


class StartError(Exception):
    """Something that the user gave keeps the server from starting; each problem is one line for a person."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(one_line, lines)))


class ContractError(StartError):
    """A contract file is wrong: names the file, the place inside it and what is wrong there."""

    def __init__(self, file: object, place: str, problem: str) -> None:
        self.place, self.problem = place, " ".join(problem.split())
        problem = self.problem
        super().__init__(f"{file}: {place}: {problem}" if place else f"{file}: {problem}")


class SettingsError(StartError):
    """A flag, an environment variable or a line of the settings file is wrong."""


class AddressError(StartError):
    """The address to listen on cannot be had."""


@dataclass(eq=False)
class Failure(Exception):  # noqa: N818 - it becomes a response, it is no error of the program
    """A stage turned the request down.

    `detail` is for the vendor's message; `violations` are what the body did wrong, in the order of their places;
    `status` is set only where the failure itself names the status (a response that was asked for); `text` gives
    the body that was read, for vendors that say the line and column; `syntax` tells what is wrong with a text that is
    no JSON; `retry_after` is the seconds after which to come back, told as a date with `retry_after_date`.
    """

    kind: FailureKind
    detail: str = ""
    violations: tuple[Violation, ...] = field(default=(), kw_only=True)
    status: int | None = field(default=None, kw_only=True)
    text: Callable[[], str] = field(default=str, kw_only=True)
    syntax: Callable[[], SyntaxProblem | None] = field(default=lambda: None, kw_only=True)
    retry_after: float | None = field(default=None, kw_only=True)
    retry_after_date: bool = field(default=False, kw_only=True)

    def __str__(self) -> str:
        return self.detail or self.kind.value


class ClientGone(Exception):  # noqa: N818 - nobody is left to answer
    """The client left before its request was complete; `request` is what had arrived."""

    def __init__(self, request: Request) -> None:
        super().__init__("the client left before its request was complete")
        self.request = request
