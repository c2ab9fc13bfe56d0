"""One reader of YAML refuses what would harm or mislead, in one line with file and place, within a second."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.check.reading import read_file
from mockserver.check.recorded import UnreadableFile
from mockserver.client.control import ControlError
from mockserver.client.handle import read_script
from mockserver.contracts import read_yaml as read_contract
from mockserver.errors import ContractError, SettingsError
from mockserver.extract.errors import ExtractError
from mockserver.extract.overlays import covered
from mockserver.faults.scenario import read_scenario
from mockserver.settings import load_settings
from mockserver.support.yaml import MAX_ALIASED, SMALL, Bounds, YamlDocument, YamlError, read_yaml, yaml_text

LEVELS = "abcdefghij"
BOMB = "a: &a [lol]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise(LEVELS))
MERGES = "- &m0 {a: 1}\n" + "".join(f"- &m{n + 1} {{<<: [{', '.join([f'*m{n}'] * 10)}]}}\n" for n in range(8))
CHAIN = "- &c0 [1]\n" + "".join(f"- &c{n + 1} [*c{n}]\n" for n in range(2000))

REFUSED: dict[str, tuple[str | bytes, int, str]] = {
    "a key given twice": ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, "'c' is given twice"),
    "a key given twice, in two spellings": ("16: a\n0x10: b\n", 2, "'0x10' is given twice"),
    "a number and its text as keys": ("200: a\n'200': b\n", 2, "'200' is given twice"),
    "keys that Python takes for one": ("1: a\ntrue: b\n", 2, "'true' is given twice"),
    "aliases of aliases": (BOMB, 7, "more than 1000000 values, with aliases expanded"),
    "merged aliases of aliases": (MERGES, 7, "more than 1000000 values, with aliases expanded"),
    "a long text repeated": (f"- &a {'x' * 999_000}\n" + "- *a\n" * 1100, 1000, "more than 1000000 values"),
    "an alias of what holds it": ("a: &a [*a]", 1, "the alias *a refers to itself"),
    "a merge of what holds it": ("a: &a\n  <<: *a", 2, "the alias *a refers to itself"),
    "aliases that nest": (CHAIN, 99, "is nested more than 100 levels deep"),
    "an alias of nothing": ("a: *b", 1, "found undefined alias 'b'"),
    "brackets": ("a: 1\nb: " + "[" * 200_000, 2, "is nested more than 100 levels deep"),
    "braces": ("{a: " * 200_000, 1, "is nested more than 100 levels deep"),
    "dashes": ("- " * 200_000, 1, "is nested more than 100 levels deep"),
    "keys of keys": ("? " * 200_000, 1, "is nested more than 100 levels deep"),
    "bytes that are not UTF-8": (b"a: 1\nb: \xff", 2, "is not text in UTF-8"),
    "UTF-16": ("a: 1".encode("utf-16"), 1, "is not text in UTF-8"),
    "a control character": ("a: 1\nb: \x07", 2, "control characters are not allowed"),
    "a date of no calendar": ("a: 1\nb: 2026-13-45", 2, "'2026-13-45' is not a date"),
    "a time of no clock": ("- 2026-02-03T25:00:00", 1, "is not a date"),
    "an integer of many digits": ("a: " + "9" * 100_000, 1, "100000 characters are too many for a whole number"),
    "an integer of many hexadecimal digits": ("a: 0x" + "f" * 100_000, 1, "too many for a whole number"),
    "an integer of many minutes": ("a: 1" + ":10" * 50_000, 1, "too many for a whole number"),
    "a number of many minutes": ("a: 1" + ":10" * 50_000 + ".5", 1, "too many for a number"),
    "a tag that the value does not fit": ("a: !!int ''", 1, "'' is not a whole number"),
    "another such tag": ("a: !!bool maybe", 1, "'maybe' is not true or false"),
    "a date by its tag only": ("a: !!timestamp soon", 1, "'soon' is not a date"),
    "an object of Python": ("a: !!python/object/apply:os.getcwd []", 1, "could not determine a constructor"),
    "a list as a key": ("{[1]: 2}", 1, "found unhashable key"),
    "an open bracket": ("a: [1", 2, "while parsing a flow sequence, did not find expected ',' or ']'"),
    "two documents": ("--- 1\n--- 2", 2, "expected a single document in the stream, but found another document"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.yaml"


def written(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize("case", REFUSED)
def test_a_document_is_refused_in_one_line_with_its_place(file: Path, case: str) -> None:
    content, line, problem = REFUSED[case]
    began = time.process_time()
    with pytest.raises(YamlError) as caught:
        read_yaml(written(file, content)).value()
    assert time.process_time() - began < 1
    assert str(caught.value).startswith(f"{file}: line {line}: ")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_has_no_line(file: Path) -> None:
    with pytest.raises(YamlError, match=r"a\.yaml: cannot be read: No such file or directory$"):
        read_yaml(file)


def test_a_larger_file_than_people_write_is_refused_within_a_second(file: Path) -> None:
    written(file, "[" + "a," * 1_000_000 + "]")
    began = time.process_time()
    with pytest.raises(YamlError, match="holds more than 100000 values"):
        read_yaml(file, SMALL)
    assert time.process_time() - began < 2


def test_what_aliases_repeat_is_bounded_however_large_the_document_may_be() -> None:
    with pytest.raises(YamlError, match=f"its aliases expand to more than {MAX_ALIASED} values"):
        YamlDocument(BOMB.encode(), "bomb", Bounds(nodes=10**12, depth=100))


def test_the_bounds_are_met_exactly() -> None:
    nested, listed = b"[" * 3 + b"]" * 3, b"[a, a, a]"
    assert YamlDocument(nested, "", Bounds(nodes=3, depth=3)).value() == [[[]]]
    assert YamlDocument(listed, "", Bounds(nodes=4, depth=2)).value() == ["a", "a", "a"]
    for content, bounds in ((nested, Bounds(9, 2)), (listed, Bounds(3, 9)), (b"[&a [x], *a]", Bounds(4, 9))):
        with pytest.raises(YamlError):
            YamlDocument(content, "", bounds)
    assert YamlDocument(b"[&a [x], *a]", "", Bounds(5, 3)).value() == [["x"], ["x"]]


def test_what_is_right_is_read(file: Path) -> None:
    written(
        file,
        "\ufeffbase: &base {a: 1, b: [x, 2.5]}\nmore:\n  <<: *base\n  a: 2\nagain: *base\nat: 2026-07-15\n"
        "told: !!python/unicode 'x'\nnothing:\n",
    )
    document = read_yaml(file)
    assert document.value() == {
        "base": {"a": 1, "b": ["x", 2.5]},
        "more": {"a": 2, "b": ["x", 2.5]},
        "again": {"a": 1, "b": ["x", 2.5]},
        "at": dt.date(2026, 7, 15),
        "told": "x",
        "nothing": None,
    }
    assert [document.line_of(pointer) for pointer in ("", "/more", "/more/a", "/at", "/more/nowhere")] == [
        1,
        2,
        4,
        6,
        2,
    ]
    assert read_yaml(written(file, "")).value() is None


def test_a_value_that_cannot_be_made_hides_no_other() -> None:
    document = YamlDocument(b"- {a: 2026-13-45}\n- {a: [1, !!int x]}\n- {a: 1}", "list")
    made: list[Any] = []
    for node in document.root.value:
        try:
            made.append(document.value_of(node))
        except YamlError as error:
            made.append(error.line)
    assert made == [1, 2, {"a": 1}]


def read_settings(file: Path) -> Any:
    return load_settings({}, {}, file)


def read_armed(file: Path) -> Any:
    return read_scenario(str(file), ())


def read_cassette(file: Path) -> Any:
    return list(read_file(file, lambda _bytes: None))


def read_covered(file: Path) -> Any:
    file.rename(file.with_name("overlay.yaml"))
    return covered(file.parent)


READERS: dict[Callable[[Path], Any], type[Exception]] = {
    read_settings: SettingsError,
    read_contract: ContractError,
    read_armed: SettingsError,
    read_script: ControlError,
    read_cassette: UnreadableFile,
    read_covered: ExtractError,
}


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@pytest.mark.parametrize(
    "case", ["a key given twice", "an alias of what holds it", "brackets", "a date of no calendar"]
)
def test_every_caller_refuses_with_its_own_error(file: Path, read: Callable[[Path], Any], case: str) -> None:
    content, line, _ = REFUSED[case]
    text = content if isinstance(content, str) else content.decode()
    if read is read_cassette and case == "a date of no calendar":
        text, line = "interactions:\n- a: 2026-13-45\n", 2
        (problem,) = read(written(file, text))
    else:
        with pytest.raises(READERS[read]) as caught:
            read(written(file, text))
        problem = caught.value
    assert f"line {line}:" in str(problem) or f".yaml:{line}: " in str(problem)
    assert str(problem).startswith(str(file.parent))


def test_what_is_written_is_read_again_without_anchors() -> None:
    shared = {"é": [1, "2", None]}
    text = yaml_text({"z": shared, "a": [shared, shared]})
    assert text == "z:\n  é:\n    - 1\n    - '2'\n    - null\n" + (
        "a:\n" + "  - é:\n      - 1\n      - '2'\n      - null\n" * 2
    )
    assert yaml.safe_load(text) == {"z": shared, "a": [shared, shared]}


@pytest.mark.socket
def test_it_reads_without_libyaml_too() -> None:
    program = """
import sys
sys.modules["yaml._yaml"] = None
from mockserver.support.yaml import SafeLoader, YamlDocument, YamlError
assert SafeLoader.__name__ == "SafeLoader"
print(YamlDocument(b"a: [1, &x 2, *x]", "f").value())
for text in (b"a: 1\\na: 2", b"[" * 1000, b"a: 1\\nb: \\x07"):
    try:
        YamlDocument(text, "f")
    except YamlError as error:
        print(error)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == [
        "{'a': [1, 2, 2]}",
        "f: line 2: 'a' is given twice",
        "f: line 1: is nested more than 100 levels deep",
        "f: line 2: special characters are not allowed",
    ]
