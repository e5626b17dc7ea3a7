"""jejak customer | queue."""

import typer


def customer() -> None:
    """Show one customer."""
    raise typer.Exit(0)


def queue() -> None:
    """Show a queue."""
    raise typer.Exit(0)
