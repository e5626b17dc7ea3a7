"""Reports on a terminal: numbers to the right, shares as bars, cohorts as a heat map."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.reporting.asking import Answer
from domain.door import instant
from projections.reports.report import Column

NUMBERS = {"count", "number", "money", "share", "days"}
BAR, GAP, SHADE = 10, 2, 4  # characters
EIGHTHS = " ▏▎▍▌▋▊▉█"
SHADES = ("grey15", "grey27", "dark_green", "green4", "green3", "chartreuse3")  # of a heat map, from none to all


def catalogue(reports: Iterable[Mapping[str, Any]]) -> RenderableType:
    """All reports there are."""
    table = _table(["report", "what it says", "--by"])
    for r in reports:
        table.add_row(Text(r["name"], "bold"), r["about"], Text(", ".join(r["by"]) or "–", "dim"))
    return table


def shown(answer: Answer, limit: int, width: int) -> RenderableType:
    """A report as a table of at most so many rows and characters; what has no room is named beneath it."""
    head = Text(answer.report.title, style="bold")
    head.append(f"  {_about(answer)}", style="dim")
    if answer.unreadable:
        head.append(f"\n  {len(answer.unreadable)} customers cannot be folded and are left out", style="red")
    made = answer.made
    if not made.rows:
        return Group(head, Text("  nothing", style="dim"))
    heat = next((i for i, c in enumerate(made.columns) if c.look == "heat"), None)
    body, notes = _rows(answer, limit, width) if heat is None else _heat(made.columns, made.rows, heat, width)
    return Group(head, body, *(Text(f"  {note}", style="dim", no_wrap=True, overflow="ellipsis") for note in notes))


def _about(answer: Answer) -> str:
    asked, days = answer.asked, answer.days
    what = f"as of {instant(asked.as_of).astimezone(days.zone):%Y-%m-%d %H:%M}, rulebook {asked.rulebook}"
    if answer.report.timed:
        first = instant(asked.since).astimezone(days.zone)
        last = instant(asked.until).astimezone(days.zone) - timedelta(microseconds=1)
        what += f", {first:%Y-%m-%d} to {last:%Y-%m-%d}" if first.year > 1900 else f", up to {last:%Y-%m-%d}"
    return f"{what} · {answer.customers:,} histories, {answer.events:,} events"


def _rows(answer: Answer, limit: int, width: int) -> tuple[Table, list[str]]:
    made = answer.made
    rows = made.rows[:limit]
    kept = [i for i, c in enumerate(made.columns) if c.kind != "event" and c.look != "file" and _said(made.rows, i)]
    cells = {i: [_cell(answer, made.columns[i], row[i]) for row in rows] for i in kept}
    tops = {i: _top(made.columns[i], made.rows, i) for i in kept if made.columns[i].look == "bar"}
    names = {i: made.columns[i].name.replace("_", " ") for i in kept}
    bars = {i: BAR + GAP if i in tops else 0 for i in kept}
    widths = {i: max(*map(len, cells[i]), *map(len, names[i].split())) for i in kept}
    room, fit = width + GAP, list[int]()
    for i in kept:
        room -= widths[i] + GAP + bars[i]
        if room < 0:
            break
        fit.append(i)
    room = width + GAP - sum(widths[i] + GAP + bars[i] for i in fit)
    table = _table([])
    for i in fit:
        more = max(0, len(names[i]) - widths[i])  # what a heading on one line takes
        widths[i] += more if more <= room else 0
        room -= more if more <= room else 0
        justify = "right" if made.columns[i].kind in NUMBERS else "left"
        table.add_column(names[i], justify=justify, width=widths[i])
        if i in tops:
            table.add_column("", width=BAR)
    for number, row in enumerate(rows):
        line: list[Text] = []
        for i in fit:
            line += [cells[i][number], *([Text(bar(row[i], tops[i]), "cyan")] if i in tops else [])]
        table.add_row(*line)
    hidden = [names[i] for i in kept[len(fit) :]]
    notes = [f"no room for: {', '.join(hidden)}"] if hidden else []
    left = len(made.rows) - limit
    return table, [*notes, *([f"and {left:,} more rows; --format csv writes all"] if left > 0 else [])]


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


def _heat(columns: Sequence[Column], rows: Sequence[Sequence[Any]], place: int, width: int) -> tuple[Table, list[str]]:
    """Shares of a long table laid out as a square.

    Its columns are: texts and counts that name a line, one count that names the place in it, and the share.
    """
    across = place - 1
    lines: dict[tuple[Any, ...], dict[Any, Any]] = {}
    for row in rows:
        lines.setdefault(tuple(row[:across]), {})[row[across]] = row[place]
    table = _table([])
    table.padding = (0, 1, 0, 0)
    room = width
    for i, column in enumerate(columns[:across]):
        wide = max(len(column.name), *(len(str(key[i])) for key in lines))
        room -= wide + 1
        table.add_column(column.name, justify="right" if column.kind in NUMBERS else "left", min_width=wide)
    places = sorted({row[across] for row in rows})
    fit = places[: max(1, room // (SHADE + 1))]
    for number in fit:
        table.add_column(f"{number}", justify="right", min_width=SHADE)
    for key, shares in lines.items():
        cells = [Text(f"{v:,}" if isinstance(v, int) else str(v or "–")) for v in key]
        table.add_row(*cells, *(_shade(shares.get(number)) for number in fit))
    return table, [f"no room for {places[len(fit)]} and later"] if len(fit) < len(places) else []


def _shade(value: float | None) -> Text:
    if value is None:
        return Text("")
    return Text(f"{value:4.0%}", f"white on {SHADES[min(len(SHADES) - 1, int(value * len(SHADES)))]}")


def _table(names: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name)
    return table
