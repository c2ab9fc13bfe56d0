"""Reads media types as `Content-Type` headers give them."""


def essence(content_type: bytes | None) -> str:
    """A media type in lower case and without its parameters (RFC 9110, 8.3.1); "" where there is none."""
    return (content_type or b"").partition(b";")[0].strip().lower().decode("latin-1")


def is_json(content_type: bytes | None) -> bool:
    """Whether a Content-Type is that of JSON, whatever its parameters (RFC 8259, RFC 6839)."""
    if content_type == b"application/json":
        return True
    media_type = essence(content_type)
    return media_type == "application/json" or media_type.endswith("+json")
