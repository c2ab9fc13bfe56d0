"""Names of parametrized tests."""


def plain(value: object) -> str:
    """A value as part of a test's name, without backslashes: pytest escapes them anew each time that one process
    collects the test, as mutmut's does, and would not find it by its first name."""
    return ascii(value).replace("\\", "")
