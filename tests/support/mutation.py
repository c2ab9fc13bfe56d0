"""`make mutation`: runs mutmut on the modules that pyproject.toml names, and prints what each scores and what survives.

MODULES narrows the run, for instance `MODULES="accounts validation.body"`; MUTATION_SAMPLE=100 tries only so many
mutants, chosen at random by MUTATION_SEED. mutmut leaves its work in `mutants/`: `mutmut show NAME` prints a mutant.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

LEAST_PERCENT = 92.0
KILLED = {"killed", "timeout", "caught by type check"}
MUTMUT = str(Path(sys.executable).with_name("mutmut"))


def main() -> int:
    """Exit code 1 where too many mutants survive."""
    modules = os.environ.get("MODULES", "*").split()
    wanted = [f"mockserver.{module}.*" for module in modules]
    sample = int(os.environ.get("MUTATION_SAMPLE", "0"))
    if sample:
        names = [name for name in mutants() if any(fnmatch(name, pattern) for pattern in wanted)]
        wanted = random.Random(os.environ.get("MUTATION_SEED", "0")).sample(names, min(sample, len(names)))
    packages = {pattern.split(".")[1] for pattern in wanted} - {"*"}
    shutil.rmtree("mutants", ignore_errors=True)
    environment = {**os.environ, "MUTATED_PACKAGES": " ".join(packages)}
    ended = subprocess.run([MUTMUT, "run", *wanted], env=environment, check=False)
    if ended.returncode != 0:
        return ended.returncode
    return report({name: status for name, status in results() if any(fnmatch(name, pattern) for pattern in wanted)})


def mutants() -> Iterator[str]:
    """The names of all mutants of the modules that pyproject.toml names."""
    chosen = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]["only_mutate"]
    for path in sorted(Path("mockserver").rglob("*.py")):
        if any(fnmatch(str(path), pattern) for pattern in chosen):
            for name in mutate_file_contents(str(path), path.read_text("utf-8")).mutant_names:
                yield get_mutant_name(path, name)


def results() -> Iterator[tuple[str, str]]:
    """Each mutant with its status in mutmut's words."""
    listing = subprocess.run([MUTMUT, "results", "--all", "true"], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        name, _, status = line.strip().partition(": ")
        yield name, status


def report(statuses: dict[str, str]) -> int:
    """Prints the score of each module and of all, and the survivors by name. 1 where too few were killed."""
    tried, killed = Counter[str](), Counter[str]()
    for name, status in statuses.items():
        module = name.rpartition(".")[0]
        tried[module] += 1
        killed[module] += status in KILLED
        if status not in KILLED:
            print(f"{status}: {name}")
    for module in sorted(tried):
        print(line_of(module, killed[module], tried[module]))
    print(line_of("in all", killed.total(), tried.total()))
    return int(killed.total() < LEAST_PERCENT / 100 * tried.total())


def line_of(module: str, killed: int, tried: int) -> str:
    return f"{module:<40} {killed:>5} of {tried:>5} killed  {killed / tried:>6.1%}"


if __name__ == "__main__":
    sys.exit(main())
