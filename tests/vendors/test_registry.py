"""A vendor is one folder of code beside its contract: complete in itself, and named nowhere else."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mockserver.client.handle import Handle
from mockserver.contracts import packaged_schemas
from mockserver.settings import options_of
from mockserver.vendors.contracts import load_contracts
from mockserver.vendors.registry import BUILT_IN, vendor_named
from tests.support.harness import PATIENCE, VENDORS, environment

PACKAGE = packaged_schemas().parent
TYPED_FOR_USERS = ("pytest_plugin.py", "testing/server.py", "testing/__init__.py", "client/__init__.py")
"""The modules that name the built-in handles and fixtures, so that editors and type checkers know them."""


def folders(parent: str) -> set[str]:
    return {folder.name for folder in (PACKAGE / parent).iterdir() if folder.is_dir() and folder.name[0].isalpha()}


def test_a_vendor_is_a_folder_of_code_a_contract_and_examples() -> None:
    assert tuple(BUILT_IN) == VENDORS
    assert folders("vendors") == folders("schemas") == folders("fixtures") - {"scenarios"} == set(VENDORS)


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_says_all_that_is_its_own(name: str) -> None:
    vendor, contract = vendor_named(name), load_contracts(None, (name,), "documented").vendors[name]
    assert set(vendor.behaviours) <= {operation.id for operation in contract.operations}
    assert issubclass(vendor.load_handle(), Handle)
    assert vendor.load_handle().vendor == name
    assert not vendor.looks_real(f"{vendor.key_prefix}1")
    for operation in contract.operations:
        assert all(vendor.key_prefix.startswith(credential.prefix) for credential in operation.credentials)
    assert vendor.load_dialect() is not None
    assert all(option.name.startswith(f"{name}_") for option in options_of(vendor.settings))


@pytest.mark.parametrize("name", VENDORS)
def test_every_control_call_of_a_vendor_is_in_its_document_and_the_reverse(name: str) -> None:
    views = vendor_named(name).load_views()
    assert views is not None
    paths = yaml.safe_load(views.document.read_text("utf-8"))["paths"]
    documented = {(method.upper(), path) for path, item in paths.items() for method in item if method != "parameters"}
    assert {(view.method, view.path.replace(":path}", "}")) for view in views.calls} == documented


def test_a_vendor_of_which_only_the_contract_is_known_has_every_part() -> None:
    vendor = vendor_named("widgets")
    assert (vendor.name, vendor.load_views(), vendor.load_dialect(), options_of(vendor.settings)) == (
        "widgets",
        None,
        None,
        [],
    )
    assert vendor.load_handle().vendor == "widgets"
    assert not vendor.looks_real("anything")


def words_of(tree: ast.AST) -> Iterator[str]:
    """What the code of a module names: imports, names, attributes and texts, but no docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings:
            yield node.value


def test_no_code_outside_its_folder_names_a_vendor() -> None:
    named = {
        (str(path.relative_to(PACKAGE)), word)
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] != "vendors" or len(path.relative_to(PACKAGE).parts) == 2
        for word in words_of(ast.parse(path.read_text("utf-8")))
        for vendor in VENDORS
        if vendor in word.lower()
    }
    assert {(path, word) for path, word in named if path not in TYPED_FOR_USERS} == set()


VENDOR = '''"""Gadgets."""

from mockserver.vendors.base import Vendor, json_response


def show(context, account):
    return json_response(200, {"id": context.path_values["id"], "options": account.settings.gadgets_limit})


class GadgetsVendor(Vendor):
    key_prefix = "gadget-"
    behaviours = {"ShowGadget": show}
'''
CONTRACT = """
openapi: 3.1.0
info: {title: Gadgets, version: '1'}
paths:
  /gadgets/{id}:
    get:
      operationId: ShowGadget
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        '200': {description: It., content: {application/json: {schema: {type: object}}}}
"""
PROGRAM = """
import asyncio, mockserver
from mockserver.testing import MockServer
print(mockserver.__file__)
print(MockServer().account("gadgets").api_key)
"""


@pytest.mark.socket
def test_to_add_a_vendor_touches_no_other_file(tmp_path: Path) -> None:
    copied = shutil.copytree(PACKAGE, tmp_path / "mockserver", ignore=shutil.ignore_patterns("__pycache__"))
    for file, text in {"vendors/gadgets/vendor.py": VENDOR, "schemas/gadgets/openapi.yaml": CONTRACT}.items():
        (copied / file).parent.mkdir()
        (copied / file).write_text(text, "utf-8")

    def python(*arguments: str) -> str:
        line = [sys.executable, *arguments]
        variables = environment(XDG_CACHE_HOME=str(tmp_path / "cache"))
        return subprocess.run(
            line, capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path, env=variables, check=True
        ).stdout

    assert "gadgets     ShowGadget" in python("-m", "mockserver", "routes")
    assert python("-c", PROGRAM).split() == [str(copied / "__init__.py"), "gadget-1"]
