"""`mockserver routes --explain` lists what each profile adds to the pages, with its evidence."""

from __future__ import annotations

import pytest

from tests.support.harness import run

pytestmark = pytest.mark.socket

OBSERVED = {
    "datadog": {
        "CreateEventV1": [
            "Unset fields come back as null.",
            "A 400 is JSON text under a plain-text content type.",
            "A 400 names only the first thing that is wrong, the title before the text.",
            "A key that the api host refuses is answered with an envelope of its own",
            "These headers come with every answer to an event.",
            "Tags that are no list are accepted.",
        ],
        "CreateEventV2": [
            "No other fields are known here.",
            "A list of tags holds at least one, each of 1 to 200 characters.",
            "A recorded 400 has neither source nor meta, and its members are in another order than on the page.",
        ],
    },
    "satori": {
        "ServerEvent": [
            "Each event of a batch is judged by itself",
            "null counts as unset.",
            "A larger body is refused.",
        ]
    },
}
KINDS = ("documented: ", "recorded: ", "inferred: ", "assumed: ")


def explained(*arguments: str) -> dict[str, dict[str, list[str]]]:
    """Vendor → operations → the lines below them."""
    done = run("routes", "--explain", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, dict[str, list[str]]] = {}
    for paragraph in done.stdout.split("\n\n")[1:]:
        head, *lines = paragraph.splitlines()
        if not head.startswith(" "):
            vendor = head.partition(":")[0]
            found[vendor] = {}
        else:
            found[vendor][head.strip()] = [line.strip() for line in lines]
    return found


@pytest.mark.parametrize("profile", ["documented", "observed"])
def test_every_reason_has_its_evidence(profile: str) -> None:
    for operations in explained("--profile", profile).values():
        assert operations
        for lines in operations.values():
            reasons = [number for number, line in enumerate(lines) if line.startswith("- ")]
            evidence = [number for number, line in enumerate(lines) if line.startswith(KINDS)]
            assert len(reasons) == len(evidence) > 0
            assert all(reason < source for reason, source in zip(reasons, evidence, strict=True))


def test_the_differences_of_the_observed_services_are_listed_by_operation() -> None:
    found = explained("--profile", "observed")
    for vendor, operations in OBSERVED.items():
        assert "every operation" not in found[vendor]
        for operation, reasons in operations.items():
            text = " ".join(found[vendor][operation])
            assert [reason for reason in reasons if reason not in text] == []


def test_one_vendor_is_explained_alone() -> None:
    assert explained("--profile", "observed", "--vendor", "satori").keys() == {"satori"}
