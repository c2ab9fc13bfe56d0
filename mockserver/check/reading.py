"""Opens a file, tells by its content what kind of recording it is, and reads its exchanges one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import ijson  # type: ignore[import-untyped]
import yaml

from mockserver.check.cassettes import LISTS, read_interaction
from mockserver.check.har import read_entry
from mockserver.check.jsonl import read_line
from mockserver.check.recorded import Malformed, NoRecording, Recorded, UnreadableFile

SUFFIXES = frozenset({".har", ".json", ".jsonl", ".ndjson", ".yaml", ".yml"})
"""What is looked at in a directory; a file that is named is read whatever it is called."""
EXPECTED = "expected HAR, a VCR cassette (YAML or JSON) or mockserver's JSON lines"
BEGINNING = 4096

SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Progress = Callable[[int], None]
"""Told how many more bytes were read."""


class CassetteLoader(SafeLoader):  # type: ignore[misc]
    """PyYAML's safe loader, with the tags that vcrpy wrote under Python 2."""


for _tag in ("unicode", "str"):
    CassetteLoader.add_constructor(
        f"tag:yaml.org,2002:python/{_tag}", lambda loader, node: loader.construct_scalar(node)
    )


def recordings_in(paths: tuple[Path, ...]) -> Iterator[tuple[Path, bool]]:
    """Every file that the paths name, and whether it was named itself: directories with all that is below them."""
    for path in paths:
        if path.is_dir():
            below = (found for found in path.rglob("*") if found.suffix.lower() in SUFFIXES and found.is_file())
            yield from ((found, False) for found in sorted(below))
        else:
            yield path, True


def read_file(path: Path, progress: Progress) -> Iterator[Recorded]:
    """The exchanges of a file. Raises UnreadableFile, at once or after some of them; NoRecording where it is none."""
    try:
        with path.open("rb") as file:
            yield from _read(path, Counted(file, progress))
    except OSError as error:
        raise UnreadableFile(path, "", f"cannot be read: {error.strerror or error}") from error
    except RecursionError:
        raise UnreadableFile(path, "", f"is nested too deep: {EXPECTED}") from None


class Counted:
    """A file that tells how far it was read; going back is not counted twice."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file, self._progress = file, progress
        self._at = self._told = 0

    def read(self, size: int = -1) -> bytes:
        return self._count(self._file.read(size))

    def readline(self) -> bytes:
        return self._count(self._file.readline())

    def rewind(self) -> None:
        self._at = 0
        self._file.seek(0)

    def _count(self, data: bytes) -> bytes:
        self._at += len(data)
        if self._at > self._told:
            self._progress(self._at - self._told)
            self._told = self._at
        return data


def _read(path: Path, file: Counted) -> Iterator[Recorded]:
    beginning = file.read(BEGINNING).removeprefix(b"\xef\xbb\xbf").lstrip()
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
    depth = 0
    try:
        for event, value in ijson.basic_parse(_marked(file), multiple_values=True):
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
    except ijson.JSONError as error:
        raise NoRecording(path, "", f"{_reason(error)}; {EXPECTED}") from None
    raise NoRecording(path, "", f"is none of the known recordings: {EXPECTED}")


def _har(path: Path, file: Counted) -> Iterator[Recorded]:
    creator, number = _creator(path, file), 0
    file.rewind()
    with _json_of(path, lambda: f"after entry {number}"):
        for entry in ijson.items(_marked(file), "log.entries.item"):
            number += 1
            yield _placed(path, f"log.entries[{number - 1}]", read_entry, entry, number, creator)


def _creator(path: Path, file: Counted) -> str:
    """The program that wrote a HAR file, "" where it does not say so before the entries."""
    creator = ""
    with _json_of(path, lambda: "log"):
        for prefix, event, value in ijson.parse(_marked(file)):
            if prefix == "log.creator.name":
                creator = str(value)
            elif prefix == "log.entries" and event == "start_array":
                return creator
    raise UnreadableFile(path, "log.entries", "expected a list of entries")


def _json_cassette(path: Path, file: Counted, name: str) -> Iterator[Recorded]:
    number = 0
    with _json_of(path, lambda: f"after interaction {number}"):
        for item in ijson.items(_marked(file), f"{name}.item"):
            number += 1
            yield _placed(path, f"{name}[{number - 1}]", read_interaction, item, number, None)


def _json_lines(path: Path, file: Counted) -> Iterator[Recorded]:
    number = 0
    while line := file.readline():
        number += 1
        if line.strip():
            try:
                value = json.loads(line)
            except ValueError as error:
                raise UnreadableFile(path, f"line {number}", f"{error}; expected one JSON object") from None
            yield _placed(path, f"line {number}", read_line, value, number)


def _yaml_cassette(path: Path, file: Counted) -> Iterator[Recorded]:
    try:
        loader = CassetteLoader(file)
        root = loader.get_single_node()
        found = _interactions(path, root)
        for number, node in enumerate(found, 1):
            line = node.start_mark.line + 1
            value = loader.construct_document(node)
            yield _placed(path, f"line {line}", read_interaction, value, number, line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = f"{error.problem or 'is not YAML'}; {EXPECTED}"
        raise UnreadableFile(path, f"line {mark.line + 1}" if mark else "", problem) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise NoRecording(path, "", f"{str(error).splitlines()[0]}; {EXPECTED}") from None


def _interactions(path: Path, root: Any) -> list[Any]:
    """The nodes of a cassette's interactions."""
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value in LISTS:
                if isinstance(value, yaml.SequenceNode):
                    return list(value.value)
                if value.tag != "tag:yaml.org,2002:null":
                    raise UnreadableFile(path, str(key.value), "expected a list of interactions")
                return []
    raise NoRecording(path, "", f"is none of the known recordings: {EXPECTED}")


def _placed(path: Path, place: str, read: Callable[..., Recorded], *arguments: Any) -> Recorded:
    """What `read` makes of an entry; where it is malformed, the failure names file and place."""
    try:
        return read(*arguments)
    except Malformed as error:
        inside = f"{place}: {error.place}" if error.place else place
        raise UnreadableFile(path, inside, f"expected {error.expected}") from None


class _json_of:  # noqa: N801 - a context, used like a function
    """Turns a failure of the JSON parser into one of the file; `place` says how far it came."""

    def __init__(self, path: Path, place: Callable[[], str]) -> None:
        self._path, self._place = path, place

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ijson.JSONError):
            raise UnreadableFile(self._path, self._place(), f"{_reason(error)}; expected JSON") from None


def _reason(error: Exception) -> str:
    return str(error).split("\n", 1)[0].strip() or "is not JSON"


def _marked(file: Counted) -> Any:
    """The file for a JSON parser, without the byte order mark that some recorders put first."""
    if file.read(3) != b"\xef\xbb\xbf":
        file.rewind()
    return file
