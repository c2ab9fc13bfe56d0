"""Caches prepared contracts in the user's cache folder, so that the next start need not prepare them.

A cached contract is used only if its seal fits: a digest over the vendor's files, over the code that prepares them, and
over the cached content. Anything else (of another version, cut short, edited, absent) is prepared again. A folder that
cannot be written to costs time, nothing else. The folder is `$XDG_CACHE_HOME/mockserver`, by default
`~/.cache/mockserver`. It is safe to delete.
"""

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


def cached(folder: Path, make: Callable[[], Documents], name: str | None = None) -> Documents:
    """The documents of a folder: from the cache, or made by `make` and cached under `name` or the folder's own. Raises
    what `make` raises; then nothing is cached."""
    cache = cache_folder(os.environ)
    if cache is None:
        return make()
    file, source = cache / f"{name or folder.name}-{__version__}.json", _digest_of(folder)
    documents = _read(file, source)
    if documents is None:
        documents = make()
        _write(file, source, documents)
    return documents


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """The user's cache folder for this program; None where the user has none."""
    folder = Path(environment.get("XDG_CACHE_HOME", ""))
    if folder.is_absolute():
        return folder / "mockserver"
    try:
        return Path.home() / ".cache" / "mockserver"
    except RuntimeError:
        return None


def _digest_of(folder: Path) -> bytes:
    """A digest of all that a contract depends on: names and contents of the vendor's files, and of the code."""
    digest = hashlib.sha256()
    code = [
        *sorted((PACKAGE / "contracts").glob("*.py")),
        *((PACKAGE / "support" / name) for name in ("form.py", "yaml.py")),
    ]
    for file in (*sorted(folder.iterdir()), *code):
        if file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.digest()


def _seal(source: bytes, content: bytes) -> bytes:
    return hashlib.sha256(source + content).digest()


def _read(file: Path, source: bytes) -> Documents | None:
    try:
        raw = file.read_bytes()
    except OSError:
        return None
    seal, content = raw[:SEAL_BYTES], raw[SEAL_BYTES:]
    if seal != _seal(source, content):
        return None
    documents: Documents = orjson.loads(content)
    return documents


def _write(file: Path, source: bytes, documents: Documents) -> None:
    """Caches documents that JSON can hold unchanged. A reader sees the old file or the new one, never a part."""
    try:
        content = orjson.dumps(documents)
    except TypeError:
        return
    if orjson.loads(content) != documents:
        return
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(_seal(source, content) + content)
        unfinished.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
