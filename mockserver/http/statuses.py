"""What HTTP statuses are called, the unregistered ones too."""

from http import HTTPStatus

_KNOWN = {status.value: status for status in HTTPStatus}


def phrase(status: int) -> str:
    """The reason phrase of a status (RFC 9110), or a plain word for one that is not registered."""
    return _KNOWN[status].phrase if status in _KNOWN else "Error"


def slug(status: int) -> str:
    """A status' phrase as a word for machines: `not_found`."""
    return _KNOWN[status].name.lower() if status in _KNOWN else "error"
