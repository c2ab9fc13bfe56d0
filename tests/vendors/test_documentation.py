"""What the packaged contracts document is found on a page that has a URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.contracts import read_yaml
from mockserver.model import Evidence
from mockserver.support.evidence import evidence_of
from mockserver.vendors.base import Vendor
from mockserver.vendors.registry import vendor_named

SCHEMAS = Path(__file__).parents[2] / "schemas"
WITHOUT_A_PAGE = {"the vendor's page on rate limits", "the search syntax that the request tables refer to"}


def documented(node: Any) -> Iterator[Evidence]:
    if isinstance(node, dict):
        if node.get("kind") == "documented":
            yield evidence_of(node)
        for child in node.values():
            yield from documented(child)
    elif isinstance(node, list):
        for child in node:
            yield from documented(child)


@pytest.mark.parametrize("vendor", ["datadog", "satori", "supalytics"])
def test_every_documented_rule_has_a_page(vendor: str) -> None:
    found = [each for path in (SCHEMAS / vendor).glob("*.yaml") for each in documented(read_yaml(path))]
    assert len(found) > 1
    without = {each.source for each in found if vendor_named(vendor).page(each) is None}
    assert without <= WITHOUT_A_PAGE


def test_what_is_on_no_page_has_none() -> None:
    assert vendor_named("satori").page(Evidence("inferred", "How to Send Server-Side Analytic Events")) is None
    assert Vendor("acme").page(Evidence("documented", "a page")) is None
    assert Vendor("acme").page(Evidence("documented", "https://example.com/a — B")) == "https://example.com/a"
