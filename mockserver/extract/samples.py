"""Calls and JSON texts as pages show them: curl samples and example bodies."""

import json
import re
from collections.abc import Sequence

from mockserver.extract.errors import ExtractError
from mockserver.extract.model import Credential, Example, Sample

CURL = re.compile(r"curl\s+(?=-)")
TITLE = re.compile(r"\\##[ \t]*(?P<title>\S[^\n]*)")
COMMAND = re.compile(r"(?:[^\n]*\\[ \t]*\n)*[^\n]*")
HEREDOC = re.compile(r"<<\s*'?(?P<mark>\w+)'?[ \t]*\n(?P<body>.*?)\n\s*(?P=mark)", re.DOTALL)
QUOTED = re.compile(r"(?:-d|--data(?:-raw|-binary)?)\s+'(?P<body>[^']*)'")
HEADER = re.compile(r"""(?:-H|--header)\s+["'](?P<name>[^:"']+):\s*(?P<value>[^"']*)["']""")
METHOD = re.compile(r"(?:-X|--request)\s+(?P<method>[A-Z]+)")
URL = re.compile(r"""(?:https?://|<+)[^\s'">]+(?:>+)?(?:"https?://[^\s'"]+)*[^\s'"]*""")
BASIC = re.compile(r"(?:-u|--user)\s+\S")
PLACEHOLDER = re.compile(r"[$<{]|x{3,}|\byour\b", re.IGNORECASE)
KEY_NAMES = {"dd-api-key": "apiKeyAuth", "dd-application-key": "appKeyAuth"}
BASIC_AUTH = Credential("basicAuth", (("type", "http"), ("scheme", "basic")))
BEARER_AUTH = Credential("bearerAuth", (("type", "http"), ("scheme", "bearer")))


def example(file: str, line: int, text: str, title: str = "") -> Example:
    """The JSON `text` that begins on `line`. Raises ExtractError at the line where it stops being JSON."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ExtractError(file, line + error.lineno - 1, f"JSON ({error.msg})") from error
    except RecursionError as error:
        raise ExtractError(file, line, "JSON that is nested less deeply") from error
    return Example(line, text, value, title)


def curl_samples(file: str, first_line: int, text: str, title: str = "curl") -> tuple[Sample, ...]:
    r"""Every curl command in `text`, which begins on `first_line`; a `\## Title` before one names it."""
    starts = [match.start() for match in CURL.finditer(text)]
    samples = []
    done = 0
    for start, following in zip(starts, [*starts[1:], len(text)], strict=False):
        titles = TITLE.findall(text, done, start)
        line = first_line + text.count("\n", 0, start)
        sample, length = _curl(file, line, text[start:following], titles[-1].strip() if titles else title)
        samples.append(sample)
        done = start + length
    return tuple(samples)


def _curl(file: str, line: int, text: str, title: str) -> tuple[Sample, int]:
    """The command at the head of `text`, and how long it is. Pages that list all sites at once put the path behind the
    last of them. A contract can do without a body that is no JSON."""
    command = COMMAND.match(text)
    end = command.end() if command else len(text)
    bodies = [match for pattern in (QUOTED, HEREDOC) if (match := pattern.search(text)) and match.start() <= end]
    head = text[: bodies[0].start("body")] if bodies else text[:end]
    body, broken = None, 0
    try:
        body = example(file, line + head.count("\n"), bodies[0]["body"], title) if bodies else None
    except ExtractError as error:
        broken = error.line
    method, url = METHOD.search(head), URL.search(head)
    host, path = split_url(url[0].rsplit('"', 1)[-1]) if url else ("", None)
    headers = tuple((match["name"].strip(), match["value"]) for match in HEADER.finditer(head))
    if BASIC.search(head):
        headers = (*headers, ("Authorization", "Basic"))
    verb = method["method"] if method else ("POST" if bodies else "GET")
    return Sample(line, title, verb, host, path, headers, body, broken), bodies[0].end() if bodies else len(head)


def split_url(url: str) -> tuple[str, str | None]:
    """`https://host/path?query` or `<placeholder>/path` as (scheme and host, path)."""
    match = re.match(r"(?P<host>(?:https?://)?[^/]+)(?P<path>/[^?#\s]*)?", url)
    if match is None:
        return "", None
    path = match["path"]
    return match["host"], re.sub(r"\$\{(\w+)\}|<(\w+)>", r"{\1\2}", path) if path else None


def credentials(samples: Sequence[Sample]) -> tuple[Credential, ...]:
    """The credentials that every sample sends, in the order of the first."""
    if not samples:
        return ()
    sent = [[found for pair in sample.headers if (found := _credential(*pair))] for sample in samples]
    return tuple(found for found in sent[0] if all(found in other for other in sent))


def _credential(name: str, value: str) -> Credential | None:
    if name.lower() == "authorization":
        return BASIC_AUTH if value.startswith("Basic") else BEARER_AUTH
    if not PLACEHOLDER.search(value):
        return None
    scheme = KEY_NAMES.get(name.lower()) or name.lower().replace("-", "_")
    return Credential(scheme, (("type", "apiKey"), ("in", "header"), ("name", name)))
