"""Imports between folders point one way, and nothing imports in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import mockserver

PACKAGE = Path(mockserver.__file__).parent

FOLDERS = (
    "__main__",
    "pytest_plugin",
    "pytest_accounts",
    "cli",
    "battery",
    "testing",
    "coupling",
    "check",
    "proxy",
    "vectors",
    "server",
    "control",
    "vendors",
    "client",
    "events",
    "accounts",
    "conduct",
    "faults",
    "contracts",
    "validation",
    "analytics",
    "http",
    "extract",
    "settings",
    "support",
    "errors",
    "operations",
    "model",
)
"""The folders and modules of the package, from the top down: each imports only what stands below it."""


def unit(module: str) -> str:
    """The top-level module or package that a module belongs to; "" for the package's own __init__."""
    return module.partition(".")[0]


def imports() -> dict[str, set[str]]:
    """Module → the modules of the package that it imports when it runs, both without the package's name."""
    files = {module_of(path): path for path in PACKAGE.rglob("*.py")}
    return {module: set(imported_by(path, set(files))) for module, path in files.items()}


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(path: Path, known: set[str]) -> Iterator[str]:
    for node in runtime_nodes(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not any(alias.name.split(".")[0] == "mockserver" for alias in node.names), path
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mockserver":
            base = (node.module or "").removeprefix("mockserver").removeprefix(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}".lstrip(".")
                yield inner if inner in known else base
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"


def runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but what stands under `if TYPE_CHECKING`."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)):
            yield from runtime_nodes(child)


IMPORTS = imports()
BETWEEN_UNITS = sorted(
    {
        (unit(module), unit(imported))
        for module, found in IMPORTS.items()
        for imported in found
        if unit(module) != unit(imported) and unit(module) and unit(imported)
    }
)


def test_every_folder_has_its_place() -> None:
    assert {unit(module) for module in IMPORTS} - {""} == set(FOLDERS)


@pytest.mark.parametrize(("importing", "imported"), BETWEEN_UNITS, ids=lambda name: name)
def test_an_import_points_down(importing: str, imported: str) -> None:
    assert FOLDERS.index(importing) < FOLDERS.index(imported), f"{importing} must not know {imported}"


def test_only_the_command_line_and_the_vendors_know_the_extractor() -> None:
    """A vendor brings the dialect of its pages."""
    assert {importing for importing, imported in BETWEEN_UNITS if imported == "extract"} <= {"cli", "vendors"}


def test_nothing_imports_in_a_circle() -> None:
    inside = {module: {each for each in found if each and each != module} for module, found in IMPORTS.items()}
    try:
        TopologicalSorter(inside).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_module_remembers_anything_between_requests() -> None:
    """State lives in accounts: no module makes an application, a server or an account of its own when imported."""
    makers = {"create_app", "Server", "Accounts", "Account", "Journal", "FaultBook", "Recorder"}
    for module in IMPORTS:
        path = PACKAGE.joinpath(*module.split("."))
        tree = ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8"))
        for statement in tree.body:
            value = getattr(statement, "value", None)
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
                assert value.func.id not in makers, f"{module}: {value.func.id} at import"
