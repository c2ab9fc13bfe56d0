"""Writes the rules of conduct into `docs/conduct-rules.md`: `python -m tests.support.conduct_page`."""

from pathlib import Path

from mockserver.conduct.rule import Rule
from mockserver.conduct.rules import RULES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conduct-rules.md"
BEGIN, END = "<!-- rules: begin -->\n", "<!-- rules: end -->\n"


def sections() -> str:
    """The table of the rules, and a section for each with its thresholds and its evidence."""
    table = ["| rule | level | |", "|---|---|---|"]
    table += [f"| [`{rule.id}`](#{rule.id}) | {', '.join(rule.levels)} | {rule.description} |" for rule in RULES]
    return "\n".join([*table, "", *map(_section, RULES)])


def _section(rule: Rule) -> str:
    thresholds = [f"- {threshold}" for threshold in rule.thresholds]
    told = f"Evidence ({rule.evidence.kind}): {rule.evidence.source}."
    return "\n".join([f"### {rule.id}", "", f"{rule.description} {rule.why}", "", *thresholds, "", told, ""])


def written(page: str) -> str:
    """The page with the rules of now."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n{sections()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
