"""Keeps the effective contracts of the package in the user's cache folder, so that the next start need not make them.

A kept contract is used only where its seal fits: a digest over the vendor's files, over the code that makes a contract
of them, and over what is kept. Anything else (of another version, cut short, edited, not there) is made anew, and a
folder that cannot be written to costs time and nothing else. The folder is `$XDG_CACHE_HOME/mockserver`, by default
`~/.cache/mockserver`; deleting it does no harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from mockserver import __version__

Documents = dict[str, dict[str, Any]]
"""A vendor's effective contract by profile."""

PACKAGE = Path(__file__).parents[1]
SEAL_BYTES = hashlib.sha256().digest_size


def kept(folder: Path, make: Callable[[], Documents], name: str | None = None) -> Documents:
    """The contract of a vendor's folder, as it was kept, or made by `make` and kept from now on. It is kept under
    the name of the folder, or under `name`.

    Raises what `make` raises; then nothing is kept.
    """
    cache = cache_folder(os.environ)
    if cache is None:
        return make()
    place, source = cache / f"{name or folder.name}-{__version__}.json", _digest_of(folder)
    found = _read(place, source)
    if found is None:
        found = make()
        _write(place, source, found)
    return found


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Where this user's programs keep what they can make again; None where there is no such folder."""
    given = Path(environment.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        return given / "mockserver"
    try:
        return Path.home() / ".cache" / "mockserver"
    except RuntimeError:
        return None


def _digest_of(folder: Path) -> bytes:
    """What a contract depends on: the name and the content of each file of the vendor, and of the code."""
    digest = hashlib.sha256()
    code = [*sorted((PACKAGE / "contracts").glob("*.py")), PACKAGE / "support" / "yaml.py"]
    files = [*sorted(folder.iterdir()), *code]
    for file in files:
        if file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.digest()


def _seal(source: bytes, content: bytes) -> bytes:
    return hashlib.sha256(source + content).digest()


def _read(place: Path, source: bytes) -> Documents | None:
    try:
        raw = place.read_bytes()
    except OSError:
        return None
    seal, content = raw[:SEAL_BYTES], raw[SEAL_BYTES:]
    if seal != _seal(source, content):
        return None
    found: Documents = orjson.loads(content)
    return found


def _write(place: Path, source: bytes, documents: Documents) -> None:
    """Keeps what JSON can hold unchanged. A reader sees the old file or the new one, never a part."""
    try:
        content = orjson.dumps(documents)
    except TypeError:
        return
    if orjson.loads(content) != documents:
        return
    unfinished = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(_seal(source, content) + content)
        unfinished.replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
