"""The rule `status`."""

from mockserver.conduct.observation import TOO_LARGE, Observation, Resend
from mockserver.conduct.rule import Breach, Outcome, rule

REFUSALS_OF_CREDENTIALS = (401, 403)
COMPRESSED = 0.95
"""Of the bytes of a body that was too large: a resend with fewer on the wire is another request."""


@rule(
    "violation",
    "Only what may be retried is retried.",
    "The response is final: the same request fails again, and each resend is load for the vendor.",
    "RFC 9110, section 15.5 (4xx: the client seems to have erred); per status, the vendor's contract",
    "Whether a status may be retried: `x-retry` of the contract. Without it, 400, 401, 403, 404, 405, 409, 413 with the"
    " same body, 415, 422 and 501 must not be retried; 408, 429, 500, 502, 503, 504 and a lost connection should be.",
)
def status(observation: Observation) -> Outcome:
    final = sum(1 for each in observation.history.attempts if each.retry == "must-not" and (each.status or 0) >= 400)
    return Outcome(final, tuple(_breach(each) for each in observation.resends if _repeats_a_final_response(each)))


def _repeats_a_final_response(resend: Resend) -> bool:
    before, after = resend.before, resend.after
    if before.retry != "must-not" or (before.status or 0) < 400 or not resend.repeats_failure:
        return False
    corrected = before.content_digest != after.content_digest
    other_credential = before.status in REFUSALS_OF_CREDENTIALS and before.credential != after.credential
    compressed = before.status == TOO_LARGE and after.wire_bytes < COMPRESSED * before.wire_bytes
    return not (corrected or other_credential or compressed or _could_be_another_event(resend))


def _could_be_another_event(resend: Resend) -> bool:
    """Equal events without ids whose times differ may be two, sent on purpose."""
    before, after = resend.before, resend.after
    tied = any(before.dedup_ids) or before.idempotency_key is not None
    return not tied and before.event_times != after.event_times


def _breach(resend: Resend) -> Breach:
    before = resend.before
    code = before.status
    instead = {
        401: "Stop sending until the credential is replaced",
        403: "Stop sending until the credential or its permissions are changed",
        413: "Split the body and send its parts",
    }.get(code or 0, "Log the response and drop or correct the request")
    return Breach(
        (before, resend.after),
        seen=f"attempt {resend.number} with the same content after {code}",
        due=f"no resend after {code}",
        fix=f"Do not retry {code}. {instead}.",
        seen_value=resend.number,
        due_value=resend.number - 1,
        chain=resend.chain.id,
        evidence=before.retry_evidence,
    )
