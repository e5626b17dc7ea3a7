"""What is written about rulebooks is true: every measure, kind and expectation stands there, and the examples compile."""

import re
import tomllib
from importlib.resources import files
from typing import Any

from domain.rulebook.criteria import GROUPS, MEASURES
from domain.rulebook.model import Expected, Rulebook
from domain.rulebook.words import SERIES
from domain.rules import shipped
from projections.checking import check


def text() -> str:
    return files("domain").joinpath("rulebook/README.md").read_text("utf-8")


def test_every_measure_stands_in_the_table_with_all_of_its_fields() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", text(), re.MULTILINE))
    assert set(MEASURES) <= set(rows)
    for name, kind in MEASURES.items():
        said = set(re.findall(r"`([a-z_]+)", rows[name]))
        assert {field for field in kind.model_fields if field != "measure"} <= said, name


def test_every_section_kind_group_and_expectation_is_named() -> None:
    said = set(re.findall(r"`[\[{]*\s*([a-z_-]+)", text()))
    for names in (SERIES, GROUPS, Expected.model_fields, Rulebook.model_fields):
        assert set(names) - said == set()


def test_the_examples_are_sound() -> None:
    document: dict[str, Any] = shipped() | {"version": "example"}
    for example in re.findall(r"```toml\n(.*?)```", text(), re.DOTALL):
        found = tomllib.loads(example)
        document["lifecycle"]["clauses"] += found.get("lifecycle", {}).get("clauses", [])
        document["customers"] += found.get("customers", [])
    checked = check(document)
    assert checked.problems == []
    assert len(checked.trials) == len(shipped()["customers"]) + 1
