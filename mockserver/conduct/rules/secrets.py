"""The rule `secrets`."""

from __future__ import annotations

from collections import defaultdict

from mockserver.conduct.observation import Observation
from mockserver.conduct.records import Attempt
from mockserver.conduct.rule import Breach, Outcome, counted, rule


@rule(
    "advisory",
    "The credential is nowhere but in its place.",
    "Paths, bodies and other headers end in logs and in the vendor's data, where others read them.",
    "RFC 6750, section 5.3 (no tokens in page URLs); OWASP Logging Cheat Sheet (data to exclude)",
    "The credential is in the body, the path or another header.",
)
def secrets(observation: Observation) -> Outcome:
    places: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in observation.history.attempts:
        for place in attempt.secrets_in:
            places[place].append(attempt)
    breaches = tuple(_breach(place, attempts) for place, attempts in sorted(places.items()))
    return Outcome(len(observation.history.attempts), breaches)


def _breach(place: str, attempts: list[Attempt]) -> Breach:
    return Breach(
        tuple(attempts),
        seen=f"the credential in {place} of {counted(len(attempts), 'request')}",
        due="only in the header, or the place, that the vendor reads it from",
        fix=f"Remove the credential from {place}, and replace it: it has been written to logs.",
        level="advisory",
        seen_value=len(attempts),
        due_value=0,
    )
