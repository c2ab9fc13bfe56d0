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


def accepts(media_range: str, media_type: str) -> bool:
    """Whether a media type is of a range such as `image/*`, whatever the parameters of the range (RFC 9110, 12.5.1)."""
    wanted = essence(media_range.encode("latin-1", "replace"))
    main, _, sub = wanted.partition("/")
    if sub == "*":
        return main in ("*", media_type.partition("/")[0])
    return wanted == media_type
