"""The evidence of a rule without a URL is found in the contract's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.control.sources import ContractFiles
from mockserver.model import Evidence
from mockserver.support.evidence import UNSTATED, evidence_of
from mockserver.testing import Satori
from tests.support.worlds import Sender

CONTRACT = """\
openapi: 3.1.0
info: {title: Acme, version: 1.0.0}
x-evidence:
  kind: documented
  page: Widgets
  section: Create a widget
paths: {}
"""
OVERLAY = """\
actions:
  - {target: $.a, x-evidence: {kind: recorded, source: the staging server}}
  - {target: $.b, x-evidence: {kind: recorded, source: the staging server}}
  - {target: $.c, x-evidence: {kind: inferred, source: the SDK for Go}}
"""


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ContractFiles:
    folder = tmp_path / "contracts" / "acme"
    folder.mkdir(parents=True)
    folder.joinpath("openapi.yaml").write_text(CONTRACT, "utf-8")
    folder.joinpath("overlay.yaml").write_text(OVERLAY, "utf-8")
    folder.joinpath("broken.json").write_bytes(b"\xff")
    monkeypatch.chdir(tmp_path)
    return ContractFiles(tmp_path / "contracts")


@pytest.mark.parametrize(
    ("evidence", "place"),
    [
        (evidence_of({"kind": "documented", "page": "Widgets", "section": "Create a widget"}), "openapi.yaml:6"),
        (Evidence("inferred", "the SDK for Go"), "overlay.yaml:4"),
        (Evidence("recorded", "the staging server"), "overlay.yaml"),
        (UNSTATED, "openapi.yaml"),
    ],
)
def test_evidence_has_its_file_and_its_line_if_only_one_states_it(
    contracts: ContractFiles, evidence: Evidence, place: str
) -> None:
    assert contracts.place("acme", evidence) == f"contracts/acme/{place}"


def test_what_no_file_states_has_no_place(contracts: ContractFiles) -> None:
    assert contracts.place("acme", Evidence("documented", "RFC 7240, Prefer")) is None
    assert contracts.place("", UNSTATED) is None


def test_a_file_that_changed_costs_only_the_line(contracts: ContractFiles) -> None:
    Path("contracts/acme/overlay.yaml").unlink()
    contracts_again = ContractFiles(Path("contracts"))
    assert contracts_again.place("acme", Evidence("inferred", "the SDK for Go")) is None
    assert contracts_again.place("acme", UNSTATED) == "contracts/acme/openapi.yaml"


@pytest.mark.socket
def test_a_report_names_the_file_of_a_packaged_contract(satori: Satori, sender: Sender) -> None:
    sender.batch(satori, {"name": "levelUp", "timestamp": "2025-07-15T12:00:00Z", "identityID": "i1"})
    (request,) = satori.requests
    assert [warning.evidence.get("file") for warning in request.warnings] == ["mockserver/schemas/satori/openapi.yaml"]
    with pytest.raises(AssertionError, match=r"\n {14}mockserver/schemas/satori/openapi\.yaml\n"):
        satori.assert_contract_kept(strict=True)
