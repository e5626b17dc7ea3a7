"""A comparison of two rulebooks, and the list of generations, on a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.rendering import day, span

Answer = Mapping[str, Any]


def shown(answer: Answer) -> RenderableType:
    """Everything of a comparison."""
    old, new = answer["old"], answer["new"]
    head = Text.assemble(
        ("rulebook ", "dim"), (str(new["rulebook"]), "bold"), (f" (generation {new['id']})", "dim"),
        (" against ", "dim"), (str(old["rulebook"]), "bold"), (f" (generation {old['id']})", "dim"),
        (f", at {day(answer['as_of'], clock=True)}", "dim"),
    )  # fmt: skip
    parts: list[RenderableType] = [
        head,
        Text(answer["scope"], style="yellow" if "sample" in answer["scope"] else "dim"),
    ]
    if answer["figures"] is not None:
        parts += _figures(answer["figures"])
    parts += _customers(answer)
    return Group(*parts)


# --- figures ----------------------------------------------------------------------------------------------------------


def _figures(f: Answer) -> list[RenderableType]:
    counted = f["customers"]
    text = Text(f"{counted['differ']:,} of {counted['compared']:,} customers differ")
    for name, words in _APART.items():
        if counted[name]:
            text.append(f"; {counted[name]:,} {words}", style="dim")
    return [
        text,
        _matrix("stages", f),
        _matrix("tiers", f),
        *_moving("stage", f["stages"]),
        *_moving("tier", f["tiers"]),
        _deadlines(f["deadlines"]),
        _queues(f),
    ]


_APART = {
    "only_old": "are in the old rows only",
    "only_new": "in the new rows only",
    "moved_on": "moved on since one of the two was built",
    "out_of_reach": "have no rows at this clock",
    "parked": "could not be folded to the end",
}


def _matrix(name: str, f: Answer) -> RenderableType:
    """From (rows) → to (columns), in numbers of customers."""
    cells: Sequence[Answer] = f[name]
    held = {c["from"] for c in cells} | {c["to"] for c in cells}
    names = [n for n in f["order"][name] if n in held]
    count = {(c["from"], c["to"]): c["customers"] for c in cells}
    table = _table("", *names)
    for of in names:
        table.add_row(of, *(_count(count.get((of, to), 0), same=of == to) for to in names))
    return _titled(f"{name}, from ↓ to →", table)


def _table(first: str, *others: str) -> Table:
    """Its first column begins on the left, numbers end on the right."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _titled(title: str, *parts: RenderableType) -> RenderableType:
    return Padding(Group(Text(title, style="italic"), *parts), (1, 0, 0, 0), expand=False)


def _count(number: int, *, same: bool) -> Text:
    return Text(f"{number:,}" if number else "·", style="dim" if same or not number else "bold yellow")


def _moving(name: str, cells: Sequence[Answer]) -> Iterator[RenderableType]:
    """Money and working hours of the cells whose customers change."""
    moved = [c for c in cells if c["from"] != c["to"] or c["deadlines"]["earlier"] or c["deadlines"]["later"]]
    if not moved:
        return
    table = _table(name, "customers", "net over the window", "answers due earlier", "later")
    for c in moved:
        net = "\n".join(f"{currency} {_amount(amount)}" for currency, amount in c["net"].items()) or "–"
        to = c["from"] if c["from"] == c["to"] else f"{c['from']} → {c['to']}"
        table.add_row(to, f"{c['customers']:,}", net, *_shift(c["deadlines"]))
    yield Padding(table, (1, 0, 0, 0), expand=False)


def _amount(text: str) -> str:
    return f"{float(text):,.2f}"


def _shift(s: Answer) -> tuple[str, str]:
    return (
        f"{s['earlier']:,} by {s['hours_earlier']:,.1f} h" if s["earlier"] else "–",
        f"{s['later']:,} by {s['hours_later']:,.1f} h" if s["later"] else "–",
    )


def _deadlines(steps: Sequence[Answer]) -> RenderableType:
    if not steps:
        return Padding(Text("no deadline moves"), (1, 0, 0, 0), expand=False)
    table = _table("", "earlier", "later")
    for step in steps:
        table.add_row(step["step"], *_shift(step))
    return _titled("deadlines that move, in working hours", table)


def _queues(f: Answer) -> RenderableType:
    table = _table("", "in", "out", "moved", "stay")
    for name in ("complaints", "outreach"):
        table.add_row(name, *(f"{f[name][n]:,}" for n in ("in", "out", "moved", "stay")))
    planned = f["planned"]
    kept = f"{planned['kept']:,} contacts were planned or promised before: they keep their date"
    if planned["moved"]:
        kept += f"; {planned['moved']:,} do not"
    return _titled("queues", table, Text(kept, style="dim"))


# --- customers --------------------------------------------------------------------------------------------------------


def _customers(answer: Answer) -> list[RenderableType]:
    items: Sequence[Answer] = answer["items"]
    if not items:
        return []
    parts: list[RenderableType] = [part for item in items for part in _customer(item)]
    if answer["next"] is not None:
        parts += [Text(), Text("… and more; --limit shows them", style="dim")]
    return parts


def _customer(item: Answer) -> Iterator[RenderableType]:
    """What changes of them, from → to, and below it because of what: readable in 80 columns."""
    yield Text(f"\n{item['customer']}", style="bold")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(min_width=12)
    for change in item["changes"]:
        said = _change(change["what"], change["old"], change["new"])
        table.add_row(f"  {change['what']}", Text.assemble(said, "\n", (change["in_words"], "dim")))
    named = {change["item"] for change in item["changes"] if change["what"] == "outreach"}
    for kept in (one for one in item["kept"] if one["item"] not in named):
        table.add_row(f"  {kept['class']}", f"{day(kept['due_at'])}, planned before: keeps its date", style="dim")
    yield table


def _change(what: str, old: Answer | None, new: Answer | None) -> str:
    """Each part that differs from → to; the others once."""
    if old is None or new is None:
        was, becomes = (", ".join(_parts(what, side)) if side else "–" for side in (old, new))
        return f"{was} → {becomes}"
    both = zip(_parts(what, old), _parts(what, new), strict=True)
    return ", ".join(a if a == b else f"{a} → {b}" for a, b in both)


def _parts(what: str, value: Answer) -> list[str]:
    match what:
        case "stage" | "tier":
            return [str(value[what])]
        case "deadline":
            return [value["step"], day(value["at"], clock=True)]
        case "complaints":
            return [value["lateness"], value["severity"], value["tier"], day(value["ranked_at"], clock=True)]
        case _:
            return [value["class"], value["tier"], day(value["due_at"])]


# --- generations ------------------------------------------------------------------------------------------------------


def listed(items: Sequence[Answer]) -> RenderableType:
    """All generations."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("id", "name", "rulebook", "state", "as of", "known at", "sample", "position", "progress"):
        table.add_column(heading, justify="right" if heading in ("id", "position") else "left")
    for i in items:
        every = f"one in {i['sample']}" if i["sample"] else ""
        table.add_row(
            str(i["id"]), i["name"] or "", i["rulebook"], Text(i["state"], style=_STATES.get(i["state"], "")),
            day(i["as_of"], clock=True) if i["as_of"] else "", str(i["known_at"] or ""), every, f"{i['position']:,}", _far(i),
        )  # fmt: skip
    return table


_STATES = {"live": "green", "building": "yellow", "stopped": "red", "stale": "dim"}


def _far(i: Answer) -> str:
    if i["state"] not in ("building", "stopped"):
        return ""
    left = f", {span(i['left_s'])} left" if i["left_s"] is not None else ""
    return f"{i['events']:,} of {i['total']:,} events{left}"
