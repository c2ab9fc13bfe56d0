"""The page about the rules says what the rules say, and the rules are as their folder lists them."""

from pathlib import Path

import pytest

from mockserver.conduct import rules
from mockserver.conduct.rule import Rule
from mockserver.conduct.rules import IDS, RULES
from tests.support.conduct_page import PAGE, written


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert page == written(page), "run `python -m tests.support.conduct_page`"


def test_every_module_of_the_folder_is_a_rule() -> None:
    modules = {path.stem.replace("_", "-") for path in Path(rules.__path__[0]).glob("[!_]*.py")}
    assert modules == set(IDS)
    assert tuple(rule.id for rule in RULES) == IDS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_words_for_everything(rule: Rule) -> None:
    sentences = (rule.description, rule.why, *rule.thresholds)
    assert rule.thresholds
    assert [each for each in sentences if not each.endswith(".") or each[0] != each[0].upper()] == []
    assert not rule.evidence.source.endswith(".")
