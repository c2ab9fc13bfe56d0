"""The clients of other languages than Python: what builds and runs each, and what is missing where it cannot be run."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
BUILT = FOLDER / "built"


class Program(NamedTuple):
    """A client to run: its name, the versions that count, its command, and what is special in a few words. One that
    cannot be run here has no command, and says in `version` what is missing."""

    name: str
    version: str
    command: tuple[str, ...]
    note: str


class MissingError(Exception):
    """A client cannot be run here; the message says why."""


class Language(NamedTuple):
    """The clients of a language: the tool that must be there, the package of it, what builds them and where, how they
    are run but for their name, the versions that count for one, and what is special about each.

    `versions` raises MissingError where a client's package is not installed.
    """

    name: str
    tool: str
    package: str
    folder: Path
    build: tuple[str, ...]
    command: Callable[[str], tuple[str, ...]]
    versions: Callable[[str], str]
    notes: Mapping[str, str]


def programs_of(language: Language) -> Iterator[Program]:
    """The clients of a language, built."""
    try:
        build(language)
        why = ""
    except MissingError as error:
        why = str(error)
    for name, note in language.notes.items():
        try:
            versions = "" if why else language.versions(name)
            missing = why
        except MissingError as error:
            missing = str(error)
        if missing:
            yield Program(name, f"{language.name}: {missing}", (), note)
        else:
            yield Program(name, versions, language.command(name), note)


def build(language: Language) -> None:
    """Builds the clients of a language. Raises MissingError where its tool is not installed, or fails."""
    if shutil.which(language.tool) is None:
        raise MissingError(f"{language.tool} is not installed: apt-get install {language.package}")
    BUILT.mkdir(exist_ok=True)
    if language.build and subprocess.run(language.build, cwd=language.folder, check=False).returncode != 0:
        raise MissingError(f"`{' '.join(language.build[:2])}` failed")


def node_versions(name: str) -> str:
    node = f"Node {_said('node', '--version').removeprefix('v')}"
    if name == "fetch":
        return node
    package = json.loads((FOLDER / "node" / "node_modules" / name / "package.json").read_text("utf-8"))
    return f"{node}, {name} {package['version']}"


def go_versions(name: str) -> str:
    go = f"Go {_said('go', 'env', 'GOVERSION').removeprefix('go')}"
    if name == "net/http":
        return go
    lines = (FOLDER / "go" / "go.mod").read_text("utf-8").splitlines()
    required = next(line.split()[2] for line in lines if f"hashicorp/go-{name}" in line)
    return f"{go}, {required}"


def java_versions(_name: str) -> str:
    return f"Java {_said('java', '--version').split()[1]}"


def rust_versions(name: str) -> str:
    rust = f"Rust {_said('rustc', '--version').split()[1]}"
    lock = (FOLDER / "rust" / "Cargo.lock").read_text("utf-8")
    locked = dict(_locked(lock))
    packages = ("reqwest", "reqwest-retry" if name == "reqwest-retry" else "backon")
    return ", ".join([rust, *(f"{package} {locked[package]}" for package in packages)])


def _locked(lock: str) -> Iterator[tuple[str, str]]:
    """The packages of a Cargo.lock, with their versions."""
    for package in lock.split("[[package]]")[1:]:
        name, version = (line.split('"')[1] for line in package.strip().splitlines()[:2])
        yield name, version


def ruby_versions(name: str) -> str:
    ruby = f"Ruby {_said('ruby', '-e', 'print RUBY_VERSION')}"
    if name == "net-http":
        return ruby
    asked = subprocess.run(
        ("ruby", "-e", "require 'faraday'; Faraday::Request::Retry; print Faraday::VERSION"),
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        raise MissingError("Faraday 1 is not installed: apt-get install ruby-faraday")
    return f"{ruby}, faraday {asked.stdout}"


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


LANGUAGES = (
    Language(
        name="Go",
        tool="go",
        package="golang",
        folder=FOLDER / "go",
        build=("go", "build", "-o", str(BUILT / "go-client"), "."),
        command=lambda name: (str(BUILT / "go-client"), name),
        versions=go_versions,
        notes={"net/http": "retries no POST by itself", "retryablehttp": "hashicorp's, with its defaults"},
    ),
    Language(
        name="Java",
        tool="javac",
        package="default-jdk-headless",
        folder=FOLDER / "java",
        build=("javac", "-d", str(BUILT), "Client.java"),
        command=lambda name: ("java", "-XX:TieredStopAtLevel=1", "-cp", str(BUILT), "Client", name),
        versions=java_versions,
        notes={
            "HttpURLConnection": "sends a POST again by itself",
            "HttpClient": "`java.net.http`, without retries of one's own",
        },
    ),
    Language(
        name="Node",
        tool="npm",
        package="npm",
        folder=FOLDER / "node",
        build=("npm", "install", "--no-package-lock", "--silent"),
        command=lambda name: ("node", str(FOLDER / "node" / f"{name}.mjs")),
        versions=node_versions,
        notes={"fetch": "retries nothing by itself", "got": "`retry: {methods: ['POST']}`"},
    ),
    Language(
        name="Ruby",
        tool="ruby",
        package="ruby",
        folder=FOLDER / "ruby",
        build=(),
        command=lambda name: ("ruby", str(FOLDER / "ruby" / "client.rb"), name),
        versions=ruby_versions,
        notes={
            "net-http": "`rescue StandardError`, `sleep 2**attempts`, `retry`",
            "faraday": "`request :retry` with `methods`, `retry_statuses` and `interval_randomness`",
        },
    ),
    Language(
        name="Rust",
        tool="cargo",
        package="cargo",
        folder=FOLDER / "rust",
        build=("cargo", "build", "--quiet", "--target-dir", str(BUILT / "rust")),
        command=lambda name: (str(BUILT / "rust" / "debug" / "rust-client"), name),
        versions=rust_versions,
        notes={
            "reqwest-retry": "`ExponentialBackoff` with three retries, heeds no Retry-After",
            "reqwest-told": "a loop by backon: exponential, jitter, waits as it was told",
        },
    ),
)
