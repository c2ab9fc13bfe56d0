"""What a query may ask for that no page forbids and nothing can be computed from: what is odd, and what is computed."""

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from operator import mul
from typing import Any, NamedTuple

from mockserver.analytics.aggregations import measure
from mockserver.analytics.audience import Segment
from mockserver.analytics.grouping import DEFAULT_LIMIT, MAX_GROUPS, SOURCES
from mockserver.analytics.selection import QUERY
from mockserver.model import Evidence, Json, Violation
from mockserver.support.suggestions import hint

INFERRED = Evidence("inferred", "the vendor's sibling endpoints; no page says what becomes of such a query")
NOBODY = Segment(users=frozenset())
NO_SEGMENT = "00000000-0000-0000-0000-000000000000"
MAX_UNKNOWN_NAMES = 100
_NAME = re.compile(r'"[^"]*"|[^\s()"]+')
_OPERATORS = frozenset({"AND", "OR", "NOT"})


class Computable(NamedTuple):
    """A query that can be computed: its `data.attributes`, the segments by id, and whether it selects any event.
    `warnings` say in what it differs from the one that was asked."""

    attributes: Mapping[str, Json]
    segments: Mapping[str, Segment]
    selects: bool
    warnings: tuple[Violation, ...]


def computable(attributes: Mapping[str, Json], segments: Mapping[str, Segment]) -> Computable:
    """The query to compute for validated `data.attributes`.

    An unknown segment or audience is nobody's, an unknown aggregation has no value, an unknown source is left out, and
    so is an unknown order of groups. Limits that are too large are cut to the most groups that there can be.
    """
    segments, query = dict(segments), {**attributes["query"], "compute": {**attributes["query"]["compute"]}}
    compute, filters = query["compute"], query.get("audience_filters", {})
    query["audience_filters"] = filters = {**filters, "segments": [*filters.get("segments", ())]}
    query["group_by"] = [{**rule, "sort": {**rule.get("sort", {})}} for rule in query.get("group_by", ())]
    warnings = (*_audience(filters, segments), *_groups(query["group_by"]))
    selects = _is_known(compute["aggregation"])
    if not selects:
        compute["aggregation"] = "count"
    compute["interval"] = max(1, compute.get("interval", 1))
    return Computable({**attributes, "query": query}, segments, selects, warnings)


def _audience(filters: dict[str, Any], segments: dict[str, Segment]) -> Iterator[Violation]:
    """Adds the segments and audience queries that are missing."""
    pointer = f"{QUERY}/audience_filters"
    for index, entry in enumerate(filters["segments"]):
        identifier = entry["segment_id"]
        if identifier not in segments and identifier.lower() not in segments:
            segments[identifier] = NOBODY
            yield _warning(f"{pointer}/segments/{index}/segment_id", f"is the id of no segment: '{identifier}'")
    names = {entry["name"] for kind in ("users", "accounts", "segments") for entry in filters.get(kind, ())}
    used = (name.strip('"') for name in _NAME.findall(filters.get("formula", "")) if name not in _OPERATORS)
    for name in [name for name in dict.fromkeys(used) if name not in names][:MAX_UNKNOWN_NAMES]:
        segments[NO_SEGMENT] = NOBODY
        filters["segments"].append({"name": name, "segment_id": NO_SEGMENT})
        yield _warning(f"{pointer}/formula", f"names no audience query: '{name}'")


def _groups(rules: list[dict[str, Any]]) -> Iterator[Violation]:
    """Leaves out what is unknown in the rules of `group_by`, and cuts their limits."""
    for index, rule in enumerate(rules):
        pointer = f"{QUERY}/group_by/{index}"
        if rule.get("source") is not None and rule["source"] not in SOURCES:
            source = rule.pop("source")
            yield _warning(f"{pointer}/source", f"is no source of facets: '{source}'{hint(source, SOURCES)}")
        sort = rule["sort"]
        if "aggregation" in sort and not _is_known(sort["aggregation"]):
            yield _warning(f"{pointer}/sort/aggregation", f"is no aggregation: '{sort.pop('aggregation')}'")
        rule["limit"] = max(0, rule.get("limit", DEFAULT_LIMIT))
    products = accumulate((rule["limit"] for rule in rules), mul)
    if any(product > MAX_GROUPS for product in products):  # no need to multiply them all
        most = int(MAX_GROUPS ** (1 / len(rules)) + 1e-9)
        for rule in rules:
            rule["limit"] = min(rule["limit"], most)
        if len(rules) > 1:  # a single limit is judged by the schema
            message = f"has limits that multiply to more than {MAX_GROUPS} groups: computed with at most {most} each"
            yield _warning(f"{QUERY}/group_by", message)


def _is_known(aggregation: str) -> bool:
    try:
        measure({"aggregation": aggregation, "metric": "any"}, "")
    except ValueError:
        return False
    return True


def _warning(pointer: str, message: str) -> Violation:
    return Violation(pointer, "query", message, INFERRED, level="uncertain")
