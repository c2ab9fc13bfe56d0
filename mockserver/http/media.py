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


def acceptable(accept: str, offered: list[str]) -> int | None:
    """The number of the offered media type that an Accept header prefers, the first of equals; None where it accepts
    none (RFC 9110, 12.5.1). What is offered may be a range."""
    best, quality = None, 0.0
    ranges = [_with_quality(part) for part in accept.split(",") if part.strip()]
    for number, media_type in enumerate(offered):
        name = essence(media_type.encode("latin-1", "replace"))
        fitting = [each for each in ranges if accepts(each[0], name) or ("*" in name and accepts(name, each[0]))]
        found = min(fitting, key=lambda each: each[0].count("*"), default=("", 0.0))[1]
        if found > quality:
            best, quality = number, found
    return best


def _with_quality(part: str) -> tuple[str, float]:
    """A media range and its quality, 1 where it has none that can be read."""
    name, *parameters = (each.strip() for each in part.split(";"))
    quality = next((each[2:] for each in parameters if each.lower().startswith("q=")), "1")
    try:
        return name.lower(), float(quality)
    except ValueError:
        return name.lower(), 1.0
