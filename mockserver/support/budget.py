"""Bounds the work that one request causes. It is counted in steps, not in time, so that it is the same everywhere."""


class TooMuchWork(ValueError):  # noqa: N818 - it is no fault of the program
    """More steps than a budget has; the message says what takes them, and what takes fewer."""


class Budget:
    """Steps that may still be taken, of a tenth of a microsecond each, near enough. `problem` says what was too much
    where they do not suffice."""

    __slots__ = ("left", "problem")

    def __init__(self, steps: int, problem: str) -> None:
        self.left = steps
        self.problem = problem

    def spend(self, steps: int) -> None:
        """Takes so many steps. Raises TooMuchWork if there are not as many left."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork(self.problem)
