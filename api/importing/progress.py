"""How far an import is: a bar with rate and time left on a terminal, nothing elsewhere."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn


class Meter(Protocol):
    """Told now and then how far we are."""

    def __call__(self, done: int, rows: int, events: int) -> None:
        """`done` of the whole (bytes, or rows of a Parquet file); rows and events so far."""
        ...


def _silent(done: int, rows: int, events: int) -> None:
    """Say nothing."""


@contextmanager
def meter(name: str, total: int | None, *, quiet: bool) -> Generator[Meter]:
    """A bar on standard error, so that standard output stays free for what the command prints."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield _silent
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows · {task.fields[events]:,} events · {task.fields[rate]:,.0f} rows/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(name, total=total, rows=0, events=0, rate=0.0)

        def show(done: int, rows: int, events: int) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            bar.update(task, completed=done, rows=rows, events=events, rate=rows / elapsed if elapsed else 0.0)

        yield show
