"""The rule `amplification`."""

from mockserver.conduct.observation import Observation
from mockserver.conduct.outages import outages
from mockserver.conduct.rule import Outcome, rule

MIN_FIRST_ATTEMPTS = 50
GRADES = (
    (1.1, "within a retry budget of 10 %"),
    (1.2, "within a retry budget of 20 %"),
    (3.0, "up to three attempts"),
    (4.0, "above three attempts"),
)
WORST = "a retry storm"


@rule(
    "figure",
    "Retries add little to the load of an outage.",
    "What a client sends in an outage decides whether the vendor recovers; retries at several layers multiply.",
    "Google SRE book, chapter 21 (three attempts per request, 10 % of retries per client)",
    f"Requests ÷ first attempts of an outage with at least {MIN_FIRST_ATTEMPTS} first attempts.",
    "Grades: " + "; ".join(f"≤ {most}: {words}" for most, words in GRADES) + f"; more: {WORST}.",
)
def amplification(observation: Observation) -> Outcome:
    attempts = observation.history.attempts
    firsts = {chain.attempts[0].request_id for chain in observation.history.chains}
    found = [outage.of(attempts) for outage in outages(attempts)]
    counts = [(len(within), sum(1 for each in within if each.request_id in firsts)) for within in found]
    ratios = [requests / first for requests, first in counts if first >= MIN_FIRST_ATTEMPTS]
    if not ratios:
        return Outcome(len(found), enough=False)
    worst = max(ratios)
    grade = next((words for most, words in GRADES if worst <= most), WORST)
    figures = {"amplification": round(worst, 3), "amplification_grade": grade}
    return Outcome(len(found), note=f"{worst:.2f} requests per first attempt: {grade}", figures=figures)
