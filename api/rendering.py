"""Answers as tables and panels for a terminal. Takes what the HTTP routes answer, so that both always say the same."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

Answer = Mapping[str, Any]

LATENESS = {"overdue": "red", "running": "green", "waiting": "blue"}
SEVERITY = {"critical": "bold red", "high": "yellow", "normal": "", "low": "dim"}
TIERS = {"platinum": "bold magenta", "gold": "yellow", "silver": "white"}
STAGES = {"commitment": "green", "expansion": "cyan", "exploration": "blue", "awareness": "dim", "dissolution": "red"}
QUEUE_TITLES = {"complaints": "Waiting for our answer", "outreach": "To be contacted", "neglected": "Forgotten"}


def queue(name: str, answer: Answer) -> RenderableType:
    """The head of a queue."""
    title = Text(QUEUE_TITLES[name], style="bold")
    title.append(f"  {_moment(answer)}", style="dim")
    counts: Answer = answer["counts"] or {}
    counted = [f"{name} {found['count']:,}{'+' if found['more'] else ''}" for name, found in counts.items()]
    title.append(f"\n{', '.join(counted)}" if counted else "", style="not bold")
    if not answer["items"]:
        return Group(title, Text("  nobody", style="dim"))
    return Group(title, _complaints(answer["items"]) if name == "complaints" else _contacts(answer["items"]))


def day_of(answer: Answer) -> RenderableType:
    """A manager's day."""
    minutes, over = answer["minutes"], answer["overflow"]
    title = Text.assemble((f"{answer['manager']}, {answer['day']}", "bold"), (f"  {_moment(answer)}", "dim"))
    parts: list[RenderableType] = [title, Text(_time_of(minutes))]
    if answer["covers"]:
        parts.append(Text(f"acts for {', '.join(answer['covers'])}"))
    for name, shape in (("complaints", _complaints), ("contacts", _contacts)):
        if answer[name]:
            parts += [Text(f"\n{QUEUE_TITLES.get(name, 'To be contacted')}", style="bold"), shape(answer[name])]
    if not answer["complaints"] and not answer["contacts"]:
        parts.append(Text("  nobody", style="dim"))
    if over["items"]:
        told = f"{over['complaints'] + over['contacts']:,}{'+' if over['more'] else ''} do not fit"
        parts.append(Text(f"\n{told}, {over['complaints']} of them to be answered; the first of them:", style="yellow"))
        parts += [
            shape(some)
            for shape, some in (
                (_complaints, [i for i in over["items"] if "lateness" in i]),
                (_contacts, [i for i in over["items"] if "lateness" not in i]),
            )
            if some
        ]
    return Group(*parts)


def _time_of(minutes: Answer) -> str:
    away = f", away for {minutes['absent']}" if minutes["absent"] else ""
    planned = f"{minutes['complaints']} for answers, {minutes['contacts']} for contacts, {minutes['left']} over"
    return f"{minutes['available']} of {minutes['a_day']} minutes left{away}: {planned}"


def _complaints(items: Iterable[Answer]) -> Table:
    table = _table("due", "severity", "tier", "customer", "what", "state", "who")
    for i in items:
        left = i["left_s"]
        due = Text("waiting" if left is None else f"{span(-left)} late" if left < 0 else f"in {span(left)}")
        due.stylize(LATENESS[i["lateness"]])
        what = i["about"] or i["category"] or i["kind"]
        table.add_row(
            due,
            Text(i["severity"], SEVERITY[i["severity"]]),
            _tier(i["tier"]),
            _customer(i),
            Text(what if i["kind"] == "complaint" else f"{i['kind']}: {what}"),
            _stands(i),
            i["handler"] or i["acting"] or i["team"] or "–",
        )
    return table


def _stands(item: Answer) -> str:
    """How a complaint stands, and what is to be done beside answering it."""
    said = f"waits for {item['waiting_for']}" if item["waiting_for"] else item["state"]
    if item["due"] == "remind":
        said += ", remind"
    up = item["escalate"]
    return f"{said}, to level {up['level']} ({up['reason']})" if up else said


def _contacts(items: Iterable[Answer]) -> Table:
    table = _table("due", "tier", "customer", "why", "about", "channel", "who")
    for i in items:
        days = i["overdue_days"] or 0
        table.add_row(
            Text(f"{days} d late" if days else "today", "red" if days > 7 else "yellow" if days else "green"),
            _tier(i["tier"]),
            _customer(i),
            ", ".join(r["reason"] for r in i.get("reasons", ())) or i["class"],
            Text(i["text"] or _about(i)),
            Text(i["unreachable"], "red") if i["unreachable"] else Text(i["channel"] or "–"),
            i["acting"] or "–",
        )
    return table


def _about(item: Answer) -> str:
    """What a contact is about, with what would be offered first."""
    said: str = item["content"] or item["purpose"] or ""
    return f"{said}: {item['offers'][0]['product']}" if item.get("offers") else said


def customer(answer: Answer) -> RenderableType:
    """A customer's page: what one needs to know before speaking to them."""
    standing = answer["standing"]
    head = Text()
    head.append(answer["name"] or "(no name)", style="bold")
    head.append(f"  {standing['tier']}", style=TIERS.get(standing["tier"], ""))
    head.append(f"  {standing['stage']}", style=STAGES.get(standing["stage"], ""))
    head.append(f"  trust {standing['trust']} ({answer['trust']['score']})")
    if standing["falling"]:
        head.append(" falling", style="red")
    parts: list[RenderableType] = []
    if answer["parked"]:
        parts.append(Text(f"Newest events cannot be folded: {answer['parked']}", style="bold red"))
    parts += [_last(answer["last_conversation"]), *_promises(answer), *_cases(answer), *_handling(answer)]
    parts += [Text(), _facts(answer)]
    return Panel(Group(*parts), title=head, title_align="left", subtitle=_moment(answer), subtitle_align="right")


def _last(last: Answer | None) -> Text:
    if last is None:
        return Text("Nobody has spoken with them yet.", style="dim")
    text = Text("Last talk  ", style="bold")
    way = "they came to us" if last["direction"] == "inbound" else "we came to them"
    text.append(
        f"{day(last['at'])} by {last['channel']}, {way}, with {last['staff'] or 'nobody named'}", style="not bold"
    )
    if last.get("summary"):
        text.append(f"\n  “{last['summary']}”", style="not bold italic")
    return text


def _promises(answer: Answer) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for p in answer["promises"]:
        line = Text("Promise    ", style="bold")
        line.append(f"{p['kind']} by {day(p['due'])}", style="not bold red" if p["missed"] else "not bold")
        line.append(" (missed)" if p["missed"] else "", style="not bold red")
        line.append(f"  {p['text']}" if p["text"] else "", style="not bold")
        lines.append(line)
    return lines


def _cases(answer: Answer) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for c in answer["complaints"]:
        line = Text("Complaint  ", style="bold")
        line.append(c["severity"], style=f"not bold {SEVERITY.get(c['severity'], '')}")
        handler = f"with {c['handler']}" if c["handler"] else "assigned to nobody"
        line.append(f" since {day(c['opened_at'])}, {c['state']}, {handler}", style="not bold")
        line.append(f"\n  “{c['description']}”" if c["description"] else "", style="not bold italic")
        lines.append(line)
    return lines


def _handling(answer: Answer) -> list[RenderableType]:
    return [
        Text.assemble(("Handling   ", "bold"), (f"{h['code']}  {h['text'] or ''}", "yellow"))
        for h in answer["handling"]
    ]


def _facts(answer: Answer) -> RenderableType:
    standing, who, bought = answer["standing"], answer["who"], answer["purchases"]
    owner = standing["owner"] or "nobody"
    if standing["owner"] and standing["acting"] != standing["owner"]:
        owner += f" (away; {standing['acting'] or 'nobody'} covers)"
    net = ", ".join(f"{currency} {Decimal(amount):,.0f}" for currency, amount in bought["net"].items()) or "–"
    because = standing["because"]
    reach = (
        ", ".join(sorted({p["kind"] for p in answer["contact_points"] if p["kind"] != "external"}))
        or "no contact point"
    )
    left = _pairs(
        ("owner", owner),
        ("stage since", day(standing["stage_since"])),
        ("because", _because(because)),
    )
    right = _pairs(
        ("bought", f"{bought['count']} times, {net}, last {day(bought['last_at'])}"),
        ("reach", f"{reach}; {who['language'] or ''} {who['timezone'] or ''}".strip()),
        ("history", f"{answer['history']['events']} events since {day(answer['history']['first_at'])}"),
    )
    return Columns([left, right], padding=(0, 4))


def _because(because: Answer | None) -> str:
    if because is None:
        return "–"
    measured = [f"{m['measure']} {m['value']} {m['test']} {m['threshold']}" for m in because["measured"][:3]]
    return "\n".join([because["clause"], *measured])


def _pairs(*pairs: tuple[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in pairs:
        table.add_row(Text(name, style="bold"), Text(value))
    return table


def explanation(answer: Answer, listed: str) -> RenderableType:
    """Why something is as it is: what is said of it, and the kinds of events that it rests on; `listed`: where each is."""
    first, *rest = answer["words"]
    parts: list[RenderableType] = [Text(first, style="bold")]
    parts += [_said(line) for line in rest]
    kinds = Counter(event["type"] for event in answer["events"])
    if kinds:
        told = [f"{kind} {number}" for kind, number in kinds.most_common(_KINDS)]
        more = ", …" if len(kinds) > _KINDS else ""
        parts.append(Text(f"{', '.join(told)}{more} ({listed})", style="dim"))
    title = Text.assemble((answer["field"], "bold"), f"  {answer['clause']}" if answer["clause"] else "")
    return Panel(Group(*parts), title=title, title_align="left", subtitle=_moment(answer), subtitle_align="right")


_KINDS = 4  # types of events that are counted below an explanation
_INDENT = {"– ": 2, "· ": 4}


def _said(line: str) -> RenderableType:
    """A sentence of an explanation; one that stands under another is indented, and goes on below its own beginning."""
    indent = _INDENT.get(line[:2])
    if indent is None:
        return Text(line)
    table = Table.grid(padding=0)
    table.add_row(Text(" " * indent + line[:2]), Text(line[2:], style="dim" if indent > 2 else ""))
    return table


def counts(title: str, numbers: Sequence[tuple[str, int]], styles: Mapping[str, str]) -> RenderableType:
    """How many of each, as bars."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    most = max((n for _, n in numbers), default=1)
    for name, number in numbers:
        bar = "█" * max(1, round(number * 30 / most)) if number else ""
        table.add_row(name, f"{number:,}", Text(bar, style=styles.get(name, "")))
    return Group(Text(title, style="bold"), table)


def listed(items: Iterable[Answer]) -> Table:
    """Customers that a search found."""
    table = _table("customer", "stage", "tier", "owner", "last talk")
    for i in items:
        table.add_row(_customer(i), i["stage"], _tier(i["tier"]), i["owner"] or "–", day(i["last_talk_at"]))
    return table


# --- small things --------------------------------------------------------------------------------------------------


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 1), expand=True)
    for name in columns:
        wide = name in ("what", "about", "customer")
        table.add_column(
            name, ratio={"what": 4, "about": 4, "customer": 2}.get(name), no_wrap=True, overflow="ellipsis"
        )
        table.columns[-1].min_width = 12 if wide else None
    return table


def _customer(item: Answer) -> Text:
    return Text(item["name"]) if item["name"] else Text(item["customer"][:8], style="dim")


def _tier(name: str) -> Text:
    return Text(name, style=TIERS.get(name, ""))


def _moment(answer: Answer) -> str:
    when = day(answer["as_of"], clock=True)
    known = "" if answer["known_at"] is None else f", as known at position {answer['known_at']:,}"
    return f"{'forecast for' if answer['forecast'] else 'as of'} {when}{known}, under rulebook {answer['rulebook']}"


def day(text: str | None, *, clock: bool = False) -> str:
    """A time of an answer as a day, in UTC."""
    if text is None:
        return "–"
    given = datetime.fromisoformat(text)
    return f"{given:%Y-%m-%d %H:%M}Z" if clock else f"{given:%Y-%m-%d}"


def span(seconds: float) -> str:
    """So much time, in its largest units."""
    minutes = int(seconds) // 60
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} d"
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes >= 60 else f"{minutes} min"
