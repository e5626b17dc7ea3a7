"""What commands share: options, output, and how times are given."""

import contextlib
from collections.abc import Generator
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from api.ops import standing
from api.rows import make_engine
from api.wiring import House, open_house

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
AsOf = Annotated[str | None, typer.Option(help="What was true at this time: 2026-03-01 or 2026-03-01T09:00:00+07:00.")]
KnownAt = Annotated[str | None, typer.Option(help="Using only what was recorded by this time or position.")]
RulebookVersion = Annotated[str | None, typer.Option("--rulebook", help="Judged by this version of the rules.")]

err = Console(stderr=True, soft_wrap=True, highlight=False)


def screen() -> Console:
    """Where tables and panels go; made when it is needed, so that it is the standard output of that moment."""
    return Console(highlight=False)


def print_json(value: Any) -> None:
    """A value as indented JSON on standard output."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


@contextlib.contextmanager
def at_home(*, quiet: bool = True, migrating: bool = True) -> Generator[House]:
    """The house that the environment describes; says what it waits for, as starting a database takes a moment."""
    with contextlib.ExitStack() as stack:
        with err.status("opening the ledger …") if err.is_terminal and not quiet else contextlib.nullcontext():
            house = stack.enter_context(open_house(migrating=migrating))
        yield house


@contextlib.contextmanager
def at_home_with_rows() -> Generator[House]:
    """The same, with the rows brought up to the ledger's head where no engine runs that does so."""
    with at_home(quiet=False) as house:
        if standing(house).behind or not house.ledger.head():
            with err.status("folding what is new …") if err.is_terminal else contextlib.nullcontext():
                make_engine(house.database_url).catch_up(wait=False)
        yield house
