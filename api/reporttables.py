"""Reports on a terminal: numbers to the right, shares as bars, cohorts as a heat map."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.reporting import Answer
from domain.door import instant
from projections.reports.report import Column

NUMBERS = {"count", "number", "money", "share", "days"}
BAR = 12  # characters
EIGHTHS = " ▏▎▍▌▋▊▉█"
SHADES = ("grey15", "grey27", "dark_green", "green4", "green3", "chartreuse3")  # of a heat map, from none to all


def catalogue(reports: Iterable[Mapping[str, Any]]) -> RenderableType:
    """All reports there are."""
    table = _table(["report", "what it says", "--by"])
    for r in reports:
        table.add_row(Text(r["name"], "bold"), r["about"], Text(", ".join(r["by"]) or "–", "dim"))
    return table


def shown(answer: Answer, limit: int) -> RenderableType:
    """A report as a table of at most so many rows."""
    head = Text(answer.report.title, style="bold")
    head.append(f"  {_about(answer)}", style="dim")
    if answer.unreadable:
        head.append(f"\n  {len(answer.unreadable)} customers cannot be folded and are left out", style="red")
    made = answer.made
    if not made.rows:
        return Group(head, Text("  nothing", style="dim"))
    heat = next((i for i, c in enumerate(made.columns) if c.look == "heat"), None)
    body = _rows(answer, limit) if heat is None else _heat(made.columns, made.rows, heat)
    left = len(made.rows) - limit
    more = (
        [Text(f"  and {left:,} more rows; --format csv writes all", style="dim")] if heat is None and left > 0 else []
    )
    return Group(head, body, *more)


def _about(answer: Answer) -> str:
    asked, days = answer.asked, answer.days
    what = f"as of {instant(asked.as_of).astimezone(days.zone):%Y-%m-%d %H:%M}, rulebook {asked.rulebook}"
    if answer.report.timed:
        first = instant(asked.since).astimezone(days.zone)
        last = instant(asked.until).astimezone(days.zone) - timedelta(microseconds=1)
        what += f", {first:%Y-%m-%d} to {last:%Y-%m-%d}" if first.year > 1900 else f", up to {last:%Y-%m-%d}"
    return f"{what} · {answer.customers:,} customers, {answer.events:,} events"


def _rows(answer: Answer, limit: int) -> Table:
    made = answer.made
    kept = [i for i, c in enumerate(made.columns) if c.kind != "event" and _said(made.rows, i)]
    table = _table([])
    tops = {i: _top(made.columns[i], made.rows, i) for i in kept if made.columns[i].look == "bar"}
    for i in kept:
        column = made.columns[i]
        table.add_column(column.name.replace("_", " "), justify="right" if column.kind in NUMBERS else "left")
        if i in tops:
            table.add_column("")
    for row in made.rows[:limit]:
        cells: list[Text] = []
        for i in kept:
            cells.append(_cell(answer, made.columns[i], row[i]))
            if i in tops:
                cells.append(Text(bar(row[i], tops[i]), "cyan"))
        table.add_row(*cells)
    return table


def _said(rows: Sequence[Sequence[Any]], place: int) -> bool:
    return any(row[place] is not None for row in rows)


def _top(column: Column, rows: Sequence[Sequence[Any]], place: int) -> float:
    """What fills a bar: all of a share, else the greatest value there is."""
    return 1.0 if column.kind == "share" else max((float(row[place] or 0) for row in rows), default=0.0)


def bar(value: Any, top: float) -> str:
    """A bar of eighths of a character; nothing where there is no value."""
    eighths = round(max(0.0, min(1.0, float(value or 0) / top if top else 0.0)) * BAR * 8)
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8]).rstrip()


def _cell(answer: Answer, column: Column, value: Any) -> Text:
    if value is None:
        return Text("–", "dim")
    match column.kind:
        case "money":
            return Text(f"{value:,.2f}", "red" if value < 0 else "")
        case "count":
            return Text(f"{value:,}", "" if value else "dim")
        case "number":
            return Text(f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float | Decimal) else f"{value:,}")
        case "share":
            return Text(f"{value:.1%}")
        case "days":
            return Text(f"{value:,.1f}")
        case "instant":
            return Text(f"{instant(value).astimezone(answer.days.zone):%Y-%m-%d %H:%M}")
        case _:
            return Text(str(value))


def _heat(columns: Sequence[Column], rows: Sequence[Sequence[Any]], place: int) -> Table:
    """Shares of a long table laid out as a square: the column before the last key names the row, the last the column.

    Its columns are: texts and counts that name a row, one count that names the place in it, and the share.
    """
    across = place - 1
    names = range(across)
    places = sorted({row[across] for row in rows})
    table = _table([])
    for i in names:
        table.add_column(columns[i].name, justify="right" if columns[i].kind in NUMBERS else "left")
    for number in places:
        table.add_column(f"{number}", justify="right")
    lines: dict[tuple[Any, ...], dict[Any, Any]] = {}
    for row in rows:
        lines.setdefault(tuple(row[i] for i in names), {})[row[across]] = row[place]
    for key, shares in lines.items():
        cells = [Text(f"{v:,}" if isinstance(v, int) else str(v or "–")) for v in key]
        table.add_row(*cells, *(_shade(shares.get(number)) for number in places))
    return table


def _shade(value: float | None) -> Text:
    if value is None:
        return Text("")
    return Text(f"{value:4.0%}", f"white on {SHADES[min(len(SHADES) - 1, int(value * len(SHADES)))]}")


def _table(names: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name)
    return table
