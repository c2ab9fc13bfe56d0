"""Opens a file, tells by its content what kind of recording it is, and reads its exchanges one after the other."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import ijson  # type: ignore[import-untyped]
from yaml import MappingNode, SequenceNode

from mockserver.check.cassettes import LISTS, read_interaction
from mockserver.check.har import read_entry
from mockserver.check.jsonl import read_line
from mockserver.check.jsonsource import JsonSource, RefusedJson
from mockserver.check.recorded import Malformed, NoRecording, RecordedExchange, UnreadableFile
from mockserver.support.yaml import Bounds, YamlDocument, YamlError

SUFFIXES = frozenset({".har", ".json", ".jsonl", ".ndjson", ".yaml", ".yml"})
"""The files that are read in a directory; a file on the command line may have any name."""
EXPECTED = "expected HAR, a VCR cassette (YAML or JSON) or mockserver's JSON lines"
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
    for path in paths:
        if path.is_dir():
            yield from _below(path)
        else:
            yield path, True


def _below(folder: Path) -> Iterator[tuple[Path, bool]]:
    closed: list[Path] = []
    found = [
        Path(holder, name)
        for holder, _, names in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename)))
        for name in names
        if Path(name).suffix.lower() in SUFFIXES
    ]
    yield from ((each, True) for each in closed)
    yield from ((each, each.suffix.lower() == ".har") for each in sorted(found) if each.is_file())


def read_file(path: Path, progress: Progress) -> Iterator[Entry]:
    """The exchanges of a file, and in place of each malformed entry what is wrong with it. Raises UnreadableFile, at
    once or after some exchanges, and NoRecording."""
    try:
        with path.open("rb") as file:
            yield from _read(path, Counted(file, progress))
    except OSError as error:
        raise UnreadableFile(path, "", f"cannot be read: {error.strerror or error}") from error


class Counted:
    """A file that reports how far it was read; what is read again is not counted twice."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file, self._progress = file, progress
        self._at = self._reported = 0

    def read(self, size: int = -1) -> bytes:
        return self._count(self._file.read(size))

    def readline(self) -> bytes:
        return self._count(self._file.readline())

    def rewind(self) -> None:
        self._at = 0
        self._file.seek(0)

    def _count(self, data: bytes) -> bytes:
        self._at += len(data)
        if self._at > self._reported:
            self._progress(self._at - self._reported)
            self._reported = self._at
        return data


def _read(path: Path, file: Counted) -> Iterator[Entry]:
    beginning = file.read(PEEKED_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    file.rewind()
    if not beginning:
        raise NoRecording(path, "", f"is empty: {EXPECTED}")
    if not beginning.startswith((b"{", b"[")):
        return _yaml_cassette(path, file)
    kind = _kind(path, file)
    file.rewind()
    if kind == "har":
        return _har(path, file)
    return _json_lines(path, file) if kind == "jsonl" else _json_cassette(path, file, kind)


def _kind(path: Path, file: Counted) -> str:
    """What a file of JSON is: `har`, `jsonl`, or the name of its list of interactions."""
    depth, source = 0, JsonSource(file)
    with _parsing(path, source, str, NoRecording, EXPECTED):
        for event, value in ijson.basic_parse(source, multiple_values=True):
            if event == "map_key" and depth == 1:
                if value == "log":
                    return "har"
                if value in LISTS:
                    return str(value)
                if value in ("verdict", "violations"):
                    return "jsonl"
            depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
            if depth == 0:
                break
    raise NoRecording(path, "", f"is none of the known recordings: {EXPECTED}")


def _har(path: Path, file: Counted) -> Iterator[Entry]:
    creator, first = _head(path, file, "log.entries", "entries")
    for number, line, entry in _items(path, file, "log.entries", "entry", first):
        yield _placed(path, f"log.entries[{number - 1}]", read_entry, entry, number, line, creator)


def _json_cassette(path: Path, file: Counted, name: str) -> Iterator[Entry]:
    _, first = _head(path, file, name, "interactions")
    for number, line, item in _items(path, file, name, "interaction", first):
        yield _placed(path, f"{name}[{number - 1}]", read_interaction, item, number, line)


def _head(path: Path, file: Counted, place: str, what: str) -> tuple[str, int]:
    """The program that wrote a HAR file, "" where it is not named before the list at `place`, and the line of the first
    member of that list."""
    creator, source = "", JsonSource(file)
    with _parsing(path, source, lambda: place.rpartition(".")[0] or place):
        for prefix, event, value in ijson.parse(source):
            if prefix == "log.creator.name":
                creator = str(value)
            elif prefix == place and (event == "start_array" or (event == "null" and place in LISTS)):
                file.rewind()
                return creator, source.line if source.piece.rstrip().endswith(b"[") else source.at_line
            elif prefix == place:
                break
    raise UnreadableFile(path, place, f"expected a list of {what}")


def _items(path: Path, file: Counted, place: str, name: str, line: int) -> Iterator[tuple[int, int, Any]]:
    """The members of a list with their numbers and lines, both from 1."""
    number, source, seen = 0, JsonSource(file), -1
    with _parsing(path, source, lambda: f"after {name} {number}"):
        for item in ijson.items(source, f"{place}.item"):
            number += 1
            yield number, source.at_line if source.pieces == seen else line, item
            line, seen = source.line, source.pieces


def _json_lines(path: Path, file: Counted) -> Iterator[Entry]:
    number = 0
    while line := file.readline():
        number += 1
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                yield UnreadableFile(path, f"line {number}", "is not JSON; expected one JSON object")
                continue
            yield _placed(path, f"line {number}", read_line, value, number)


def _yaml_cassette(path: Path, file: Counted) -> Iterator[Entry]:
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
def _parsing(
    path: Path,
    source: JsonSource,
    place: Callable[[], str],
    failure: type[UnreadableFile] = UnreadableFile,
    expected: str = "expected JSON",
) -> Iterator[None]:
    """Turns a failure of the JSON parser into one of the file; `place` says how far it came."""
    try:
        yield
    except (RefusedJson, ArithmeticError, ijson.JSONError) as error:
        raise failure(path, place(), f"{_problem_of(error, source)}; {expected}") from None


def _problem_of(error: Exception, source: JsonSource) -> str:
    if isinstance(error, RefusedJson):
        return error.problem
    if isinstance(error, ArithmeticError):
        return f"holds a number that is out of range, near line {source.at_line}"
    return f"{'ends too early' if source.ended else 'is not JSON'}, near line {source.at_line}"
