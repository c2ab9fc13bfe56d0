"""Writes JUnit XML: suites of cases, their counts, and no character that XML cannot hold."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def suites(name: str) -> ET.Element:
    """The root of a report."""
    return ET.Element("testsuites", name=clean(name))


def add_suite(root: ET.Element, name: str, seconds: float = 0.0) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=clean(name), time=f"{seconds:.10g}")


def add_case(holder: ET.Element, group: str, name: str) -> ET.Element:
    return ET.SubElement(holder, "testcase", classname=clean(group), name=clean(name), time="0")


def document(root: ET.Element) -> Iterator[str]:
    """The lines of a report, with the counts of its suites and of all."""
    for holder in (*root.iter("testsuite"), root):
        set_counts(holder)
    ET.indent(root)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield ET.tostring(root, encoding="unicode")


def set_counts(holder: ET.Element) -> None:
    """Sets the counts of a suite, or of all."""
    for name, tag in {"tests": "testcase", "failures": "failure", "errors": "error"}.items():
        holder.set(name, str(sum(1 for _ in holder.iter(tag))))


def clean(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
