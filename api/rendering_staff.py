"""Staff, proposals of assignments and handovers, for people at a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.rendering import day

Answer = Mapping[str, Any]
_FULL = 0.95  # of a book


def members(items: Sequence[Answer]) -> RenderableType:
    """Staff as a table."""
    table = Table(
        "who", "team", "speaks", "can", "book", "min/month", "here", "acting", title="Staff", title_justify="left"
    )
    for m in items:
        table.add_row(
            Text.assemble((m["staff"], "bold"), f"  {m['name']}" if m["name"] else ""),
            m["team"] or "–",
            ", ".join(m["languages"]) or "–",
            ", ".join([*m["skills"], *m["qualified"]]) or "–",
            _book(m),
            f"{m['load']['minutes_a_month']:,.0f}",
            _here(m),
            _acts(m),
        )
    return table


def _book(m: Answer) -> Text:
    owned, capacity, share = m["load"]["customers"], m["capacity"], m["load"]["of_capacity"]
    style = "red" if share and share > 1 else "yellow" if share and share > _FULL else ""
    return Text(f"{owned:,}" if capacity is None else f"{owned:,} of {capacity:,}", style)


def _here(m: Answer) -> Text:
    if not m["active"]:
        return Text("left", "dim")
    if m["absent_until"]:
        return Text(f"away until {day(m['absent_until'])}", "yellow")
    return Text("at work", "green") if m["at_work"] else Text("off hours", "dim")


def _acts(m: Answer) -> Text:
    found = m["acting"]["staff"]
    if found == m["staff"]:
        return Text("")
    return Text(found or "nobody", "" if found else "red")


def member(m: Answer) -> RenderableType:
    """One member of staff."""
    lines = Table.grid(padding=(0, 2))
    for name, value in (
        ("team", m["team"]), ("speaks", ", ".join(m["languages"])), ("gender", m["gender"]),
        ("skills", ", ".join(m["skills"])), ("traits", ", ".join(f"{n}={v}" for n, v in m["traits"].items())),
        ("qualifications", ", ".join(_qualification(m, code) for code in m["qualifications"])),
        ("book", _book(m)), ("minutes a month", f"{m['load']['minutes_a_month']:,.0f}"),
        ("minutes a day", m["minutes_a_day"]), ("calendar", m["calendar"]),
        ("hours", "; ".join(f"{','.join(h.get('days', ()))} {h['start']}-{h['end']}".strip() for h in _plain(m["hours"]))),
        ("timezone", m["timezone"]), ("now", _here(m)), ("acting", _acts(m)),
        ("went past", ", ".join(f"{p['staff']} ({p['reason']})" for p in m["acting"]["passed"])),
    ):  # fmt: skip
        if value:
            lines.add_row(Text(name, "bold"), value if isinstance(value, Text) else str(value))
    return Panel(lines, title=Text(f"{m['staff']}  {m['name'] or ''}".strip(), "bold"), title_align="left")


def _plain(hours: Sequence[Any]) -> list[dict[str, Any]]:
    return [h if isinstance(h, dict) else {"days": h.days, "start": h.start, "end": h.end} for h in hours]


def _qualification(m: Answer, code: str) -> str:
    until = m["qualifications"][code]
    return code if until is None else f"{code} until {until}{'' if code in m['qualified'] else ' (expired)'}"


# --- handover ---------------------------------------------------------------------------------------------------------


def handed(answer: Answer) -> RenderableType:
    """A handover note."""
    standing = answer["standing"]
    title = Text.assemble((answer["name"] or "(no name)", "bold"), f"  {standing['tier']}  {standing['stage']}")
    parts: list[RenderableType] = []
    for name, lines in (
        ("First", [f"{i['what']} since {day(i['at'])}" for i in answer["first"]]),
        ("Promises", [_line(i, f"{i['kind']} by {day(i['due'])}") for i in answer["promises"]]),
        ("Complaints", [_line(i, f"{i['severity']} {i['state']} since {day(i['opened_at'])}") for i in answer["complaints"]]),
        ("Handling", [_line(i, i["code"]) for i in answer["handling"]]),
        ("Wishes", [f"{wish}: {_said(said)}" for wish, said in answer["wishes"].items()]),
        ("Refused", [f"{i['purpose'] or 'everything'} on {i['channel'] or 'all channels'}" for i in answer["refused"]]),
        ("Planned", [_line(i, f"{i['content'] or i['purpose']} on {day(i['due'])}") for i in answer["planned"]]),
        ("Needs", [_line(i, i["code"]) for i in answer["needs"]]),
        ("Notes", [_line(i, day(i["at"])) for i in answer["notes"]]),
        ("Owners", [_line(i, f"{i['staff'] or 'nobody'} since {day(i['from_at'])}") for i in answer["owners"]]),
        ("Talks", [_line(i, _talk(i)) for i in answer["talks"]]),
    ):  # fmt: skip
        if lines:
            parts += [Text(name, "bold"), *(Text(f"  {line}") for line in lines)]
    return Panel(Group(*parts), title=title, title_align="left")


def _talk(item: Answer) -> str:
    who = item["staff"] or "nobody named"
    return f"{day(item['at'])} {item['direction']} {item['channel']} with {who}"


def _line(item: Answer, said: str) -> str:
    return f"{said}: {item['text']}" if item["text"] else said


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(_said(one) for one in value)  # type: ignore[reportUnknownVariableType] # decoded JSON
    if isinstance(value, dict):
        return " ".join(f"{n} {_said(v)}" for n, v in value.items())  # type: ignore[reportUnknownVariableType] # decoded JSON
    return str(value)


# --- proposals --------------------------------------------------------------------------------------------------------


def proposal(of: Answer, moves: Sequence[Answer] = (), unplaced: Sequence[Answer] = ()) -> RenderableType:
    """A proposal: loads before and after, some of its moves, and for whom there is nobody."""
    head = Text.assemble(
        (f"Proposal {of['id']}", "bold"),
        f"  {of['state']}, by {of['made_by']} on {day(of['made_at'])}: {of['customers']:,} customers,"
        f" {of['moves']:,} move, {of['stay']:,} stay, {of['unplaced']:,} have nobody",
    )
    loads = Table("who", "customers", "after", "holds", "min/month", "after", title="Books", title_justify="left")
    for load in of["loads"]:
        loads.add_row(
            load["staff"], f"{load['customers_before']:,}", f"{load['customers_after']:,}",
            "any" if load["capacity"] is None else f"{load['capacity']:,}",
            f"{load['minutes_before']:,.0f}", f"{load['minutes_after']:,.0f}",
        )  # fmt: skip
    parts: list[RenderableType] = [head, loads, _spread(of)]
    if moves:
        table = Table("customer", "from", "to", "min/month", "why", "outcome", title="Moves", title_justify="left")
        for move in moves:
            table.add_row(
                move["customer"], move["from"] or "nobody", move["to"], f"{move['minutes']:,.0f}", move["reason"],
                move["outcome"] or "–",
            )  # fmt: skip
        parts.append(table)
    if unplaced:
        table = Table("customer", "owner", "why", "against", title="Nobody for these", title_justify="left")
        for one in unplaced:
            against = ", ".join(f"{why} ({number})" for why, number in one["against"].items())
            table.add_row(one["customer"], one["from"] or "nobody", one["reason"], against)
        parts.append(table)
    if of["state"] != "proposed":
        parts.append(Text("  ".join(f"{what}: {number:,}" for what, number in of["progress"].items())))
    return Group(*parts)


def _spread(of: Answer) -> Text:
    after = of["spread_after"]
    if after is None:
        return Text("some books are empty", "dim")
    before = of["spread_before"]
    was = "" if before is None else f" (before: {before:.1%})"
    return Text(f"the heaviest book is {after:.1%} heavier than the lightest{was}")


def proposals(items: Sequence[Answer]) -> RenderableType:
    """All proposals that are kept."""
    table = Table("id", "state", "made", "by", "customers", "move", "nobody", title="Proposals", title_justify="left")
    for of in items:
        table.add_row(
            str(of["id"]), of["state"], day(of["made_at"]), of["made_by"], f"{of['customers']:,}", f"{of['moves']:,}",
            f"{of['unplaced']:,}",
        )  # fmt: skip
    return table
