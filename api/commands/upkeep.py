"""jejak doctor."""

import psycopg
import typer
from rich.table import Table
from rich.text import Text

from api.commands.common import Json, at_home, print_json, screen
from api.doctor import Finding, examine

COLOURS = {"good": "green", "attention": "yellow", "bad": "red"}


def doctor(as_json: Json = False) -> None:
    """Look everything over, and say what is wrong and what would help."""
    try:
        with at_home(migrating=False) as house:
            findings = list(examine(house))
    except psycopg.errors.UndefinedTable:
        findings = [Finding("schemas", "bad", "the databases are empty; `jejak serve` sets them up")]
    if as_json:
        print_json([f._asdict() for f in findings])
    else:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for check, verdict, seen in findings:
            table.add_row(Text(verdict, style=COLOURS[verdict]), check, Text(seen))
        screen().print(table)
    if any(f.verdict == "bad" for f in findings):
        raise typer.Exit(1)
