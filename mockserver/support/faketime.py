"""Lets the time of another process run at a rate, by libfaketime: finds it, and makes that process's environment."""

import mmap
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib", "/usr/local/opt/libfaketime/lib")
NAMES = ("libfaketimeMT.so.1", "libfaketime.so.1", "libfaketimeMT.1.dylib", "libfaketime.1.dylib")
FOR_PYTHON = Path(__file__).parent / "faked_python"
"""A folder for PYTHONPATH. Under libfaketime the time-outs of Python's locks never end, and so those of events, queues
and conditions; what is in there waits for these in sleeps."""
OVERRULING = ("DONT_FAKE_MONOTONIC", "FAKETIME_DONT_FAKE_MONOTONIC", "FAKETIME_SHARED", "FAKETIME_TIMESTAMP_FILE")
"""What would keep the time of sleeps from being faked; without it Python's own `time.sleep` fails."""
GO = b"\xff Go buildinf:"
"""How the place begins in which a program that was written in Go notes how it was built."""


class FakedTime(NamedTuple):
    """The environment of a process whose time runs at a rate; None where that cannot be, and the `reason`, in one
    line."""

    environment: Mapping[str, str] | None
    reason: str = ""


def faked_time(
    rate: float, environment: Mapping[str, str], *, ahead: float = 0.0, folders: Iterable[str] = FOLDERS
) -> FakedTime:
    """`environment`, changed so that time runs `rate` times as fast for a process in it, and for those that it starts.
    It begins `ahead` seconds after the real time: with `account.clock.now - time.time()` it is the time of an account
    whose clock has the same rate. `folders` are where libfaketime is looked for."""
    library = library_in(folders)
    if library is None:
        return FakedTime(None, "libfaketime is not installed: apt-get install libfaketime, or brew install libfaketime")
    preloading = "DYLD_INSERT_LIBRARIES" if sys.platform == "darwin" else "LD_PRELOAD"
    given = {name: value for name, value in environment.items() if name not in OVERRULING}
    paths = [str(FOR_PYTHON), given.get("PYTHONPATH")]
    faked = {
        preloading: ":".join(filter(None, [str(library), given.get(preloading)])),
        "FAKETIME": f"{ahead:+.3f} x{rate:g}",
        "NO_FAKE_STAT": "1",  # the times of files are nobody's waits
        "PYTHONPATH": ":".join(filter(None, paths)),
    }
    if sys.platform == "darwin":
        faked["DYLD_FORCE_FLAT_NAMESPACE"] = "1"
    return FakedTime({**given, **faked})


def library_in(folders: Iterable[str] = FOLDERS) -> Path | None:
    """libfaketime, by preference the one for programs with threads."""
    places = [place for folder in folders for place in (Path(folder), *Path(folder).glob("*-linux-*"))]
    found = (place / "faketime" / name for name in NAMES for place in places)
    return next((path for path in found if path.is_file()), None)


def unaffected(command: Sequence[str]) -> str | None:
    """Why libfaketime has no effect on a command; None where nothing speaks against it."""
    program = shutil.which(command[0])
    if program is None or not _contains(Path(program), GO):
        return None
    return f"{command[0]} is written in Go: it asks the kernel for the time, and libfaketime has no effect on it"


def _contains(file: Path, text: bytes) -> bool:
    with file.open("rb") as opened:
        if file.stat().st_size == 0:
            return False
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(text) >= 0
