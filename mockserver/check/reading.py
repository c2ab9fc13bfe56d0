"""Opens a file, tells by its content what kind of recording it is, and reads its exchanges one after the other."""

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import ijson  # type: ignore[import-untyped]
from yaml import MappingNode, SequenceNode

from mockserver.check.cassettes import LISTS, read_interaction
from mockserver.check.expectations import SIGNS, read_expectation
from mockserver.check.har import read_entry
from mockserver.check.jsonl import read_line
from mockserver.check.jsonsource import JsonSource, RefusedJson
from mockserver.check.recorded import Malformed, NoRecording, RecordedExchange, UnreadableFile
from mockserver.support.yaml import Bounds, YamlDocument, YamlError

SUFFIXES = frozenset({".har", ".json", ".jsonl", ".ndjson", ".yaml", ".yml"})
"""The files that are read in a directory; a file on the command line may have any name."""
HAR_ENTRIES = "log.entries"
EXPECTED = "expected HAR, a VCR cassette (YAML or JSON), JSON of Java's MockServer or mockserver's JSON lines"
PEEKED_BYTES = 4096
"""How much is read to tell YAML from JSON."""
CASSETTE = Bounds(nodes=100_000_000, depth=200)
"""Enough for a day's traffic; aliases expand no further than in any other file."""

Entry = RecordedExchange | UnreadableFile
Progress = Callable[[int], None]
"""Is called with the number of bytes read since the last call."""


def recordings_in(paths: tuple[Path, ...]) -> Iterator[tuple[Path, bool]]:
    """The files below the paths, and whether each must be a recording: it was named, or its name says it is one. A
    directory that cannot be listed counts as a file, which cannot be read either."""
    closed: list[Path] = []
    for path in paths:
        if not path.is_dir():
            yield path, True
        walked = os.walk(path, onerror=lambda error: closed.append(Path(error.filename))) if path.is_dir() else ()
        found = sorted(Path(folder, name) for folder, _, names in walked for name in names)
        for each in found:
            suffix = each.suffix.lower()
            if suffix in SUFFIXES and each.is_file():
                yield each, suffix == ".har"
    yield from ((each, True) for each in closed)


def read_file(path: Path, progress: Progress) -> Iterator[Entry]:
    """The exchanges of a file, and in place of each malformed entry what is wrong with it. Raises UnreadableFile, at
    once or after some exchanges, and NoRecording."""
    try:
        with io.BufferedReader(CountedFile(path, progress)) as file:
            yield from _read(path, file)
    except OSError as error:
        raise UnreadableFile(path, "", f"cannot be read: {error.strerror or error}") from error


class CountedFile(io.FileIO):
    """A file that reports how far it was read; what is read again is not counted twice."""

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(path)
        self._progress, self._reported = progress, 0

    def readinto(self, buffer: Any, /) -> int | None:
        count = super().readinto(buffer)
        if (more := self.tell() - self._reported) > 0:
            self._progress(more)
            self._reported += more
        return count


def _read(path: Path, file: IO[bytes]) -> Iterator[Entry]:
    beginning = file.read(PEEKED_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    file.seek(0)
    if not beginning:
        raise NoRecording(path, "", f"is empty: {EXPECTED}")
    if not beginning.startswith((b"{", b"[")):
        return _yaml_cassette(path, file)
    found = _list_in(path, file)
    file.seek(0)
    return _json_lines(path, file) if found is None else _json_list(path, file, found)


class JsonList(NamedTuple):
    """The list of exchanges in a file of JSON: where it is, as ijson says it ("" for the whole), the line of its first
    member, what that is called, and what reads it."""

    place: str
    line: int
    member: str
    read: Callable[[Any, int, int], RecordedExchange]


def _list_in(path: Path, file: IO[bytes]) -> JsonList | None:
    """The list of exchanges in a file of JSON, None where the file is our journal. Raises NoRecording where there is no
    sign of either."""
    place, creator, line, source = "", "", 0, JsonSource(file)
    with _parsing(path, source, lambda: place.rpartition(".")[0] or place):
        for prefix, event, value in ijson.parse(source, multiple_values=True):
            if event == "start_array" and prefix == place:
                line = source.line if source.piece.rstrip().endswith(b"[") else source.at_line
            if not place and event == "map_key" and not prefix:
                if value in ("verdict", "violations"):
                    return None
                place = HAR_ENTRIES if value == "log" else value if value in LISTS else ""
            elif line and not place and (prefix, event) == ("item", "map_key") and value in SIGNS:
                return JsonList("", line, "exchange", read_expectation)
            elif prefix == "log.creator.name":
                creator = str(value)
            elif place and prefix == place and event != "map_key":
                if place in LISTS and (line or event == "null"):
                    return JsonList(place, line, "interaction", read_interaction)
                if line:
                    return JsonList(place, line, "entry", partial(read_entry, creator=creator))
                break
            elif event.startswith("end_") and (not prefix or (line and prefix == "item")):
                break
    if not place:
        raise NoRecording(path, "", f"is none of the known recordings: {EXPECTED}")
    raise UnreadableFile(path, place, f"expected a list of {'entries' if place == HAR_ENTRIES else 'interactions'}")


def _json_list(path: Path, file: IO[bytes], found: JsonList) -> Iterator[Entry]:
    number, source, seen, line = 0, JsonSource(file), -1, found.line
    with _parsing(path, source, lambda: f"after {found.member} {number}"):
        for item in ijson.items(source, f"{found.place}.item".lstrip(".")):
            number += 1
            at_line = source.at_line if source.pieces == seen else line
            yield _placed(path, f"{found.place}[{number - 1}]", found.read, item, number, at_line)
            line, seen = source.line, source.pieces


def _json_lines(path: Path, file: IO[bytes]) -> Iterator[Entry]:
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                yield UnreadableFile(path, f"line {number}", "is not JSON; expected one JSON object")
                continue
            yield _placed(path, f"line {number}", read_line, value, number)


def _yaml_cassette(path: Path, file: IO[bytes]) -> Iterator[Entry]:
    try:
        document = YamlDocument(file, path, CASSETTE)
    except YamlError as error:
        failure = NoRecording if error.line is None else UnreadableFile  # what is not even text has no line
        raise failure(path, error.place, f"{error.problem}; {EXPECTED}") from None
    for number, node in enumerate(_interactions(path, document.root), 1):
        try:
            value = document.value_of(node)
        except YamlError as error:
            yield UnreadableFile(path, error.place, f"{error.problem}; expected an interaction")
            continue
        line = node.start_mark.line + 1
        yield _placed(path, f"line {line}", read_interaction, value, number, line)


def _interactions(path: Path, root: Any) -> list[Any]:
    """The nodes of a cassette's interactions."""
    if isinstance(root, MappingNode):
        for key, value in root.value:
            if key.value in LISTS:
                if isinstance(value, SequenceNode):
                    return list(value.value)
                if value.tag != "tag:yaml.org,2002:null":
                    raise UnreadableFile(path, str(key.value), "expected a list of interactions")
                return []
    raise NoRecording(path, "", f"is none of the known recordings: {EXPECTED}")


def _placed(path: Path, place: str, read: Callable[..., RecordedExchange], *arguments: Any) -> Entry:
    """The exchange that `read` makes of an entry, or the failure of a malformed one, with file and place."""
    try:
        return read(*arguments)
    except Malformed as error:
        inside = f"{place}: {error.place}" if error.place else place
        return UnreadableFile(path, inside, f"expected {error.expected}")


@contextmanager
def _parsing(path: Path, source: JsonSource, place: Callable[[], str]) -> Iterator[None]:
    """Turns a failure of the JSON parser into one of the file; `place` says how far it came, "" where nothing has shown
    yet what the file is."""
    try:
        yield
    except (RefusedJson, ArithmeticError, UnicodeDecodeError, ijson.JSONError) as error:
        problem = _problem_of(error, source)
        if at := place():
            raise UnreadableFile(path, at, f"{problem}; expected JSON") from None
        raise NoRecording(path, "", f"{problem}; {EXPECTED}") from None


def _problem_of(error: Exception, source: JsonSource) -> str:
    if isinstance(error, RefusedJson):
        return str(error)
    if isinstance(error, ArithmeticError):
        return f"holds a number that is out of range, near line {source.at_line}"
    return f"{'ends too early' if source.ended else 'is not JSON'}, near line {source.at_line}"
