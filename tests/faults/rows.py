"""Rows that were kept through crashes have to be those that a rebuild gives."""

from functools import cache
from typing import Any

import psycopg
from psycopg import sql

from domain.migrate import migrate
from domain.rules import Rules, first_rules
from projections import fold, generations
from projections.engine import Engine
from projections.rebuild import rebuild
from tests.faults.stage import Unkept
from tests.ledgers import Home

RULEBOOK = "1"


@cache
def _rules() -> Rules:
    return first_rules()


def rules(_version: str) -> Rules:
    """The rules that Jejak comes with, whatever the version."""
    return _rules()


def prepare(home: Home) -> None:
    """The schema of the rows."""
    with psycopg.connect(home.ledger, autocommit=True) as connection:
        migrate(connection, "projections.migrations.rows", "rows")


def check_rows(home: Home) -> int:
    """Unkept where rows that the engine kept differ from rebuilt ones; how many rows there are."""
    engine = Engine(home.ledger, fold, rules, RULEBOOK)
    engine.catch_up()
    built = rebuild(home.ledger, fold, rules, RULEBOOK, processes=1)
    with psycopg.connect(home.ledger, autocommit=True) as connection:
        connection.execute("SET ROLE jejak_engine")
        kept = generations.live(connection)
        if kept is None:
            raise Unkept("no generation of rows is live")
        total = 0
        for table in fold.TABLES:
            name = str(table.name)
            one, other = (_rows(connection, name, generation) for generation in (kept.id, built.id))
            if one != other:
                raise Unkept(f"rows of {name} differ from rebuilt ones: {_difference(one, other)}")
            total += len(one)
    return total


def _difference(one: list[str], other: list[str]) -> str:
    """How many rows are on one side only, and where the first two part."""
    left, right = sorted(set(one) - set(other)), sorted(set(other) - set(one))
    if not left or not right:
        return f"{len(left)} too many, {len(right)} missing"
    place = next((i for i, (a, b) in enumerate(zip(left[0], right[0], strict=False)) if a != b), 0)
    shown = slice(max(0, place - 60), place + 120)
    return f"{len(left)} kept, {len(right)} rebuilt; {left[0][:60]} … {left[0][shown]} … and not … {right[0][shown]}"


def _rows(connection: psycopg.Connection[Any], table: str, generation: int) -> list[str]:
    query = sql.SQL("SELECT (to_jsonb(r) - 'generation')::text FROM rows.{} r WHERE generation = %s ORDER BY 1")
    return [row[0] for row in connection.execute(query.format(sql.Identifier(table)), [generation])]
