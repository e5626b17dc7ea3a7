"""Histories told in lines, such as `2026-01-05 08:00 complaint.opened severity=high`.

A line is a local time (of the place given, or with an offset behind it), a type and fields. References are short names; `#2` is
the second event told. Lists are parted by commas, an empty one is nothing. Windows read `mon,wed/12:00-13:00;17:00-18:00`,
wishes `2/month;1/quarter/visit`. A line of `gold`, `silver`, `platinum` or `basic` stands for the purchases that just
suffice for that tier.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec

from domain.events import ComplaintEvent, Event
from domain.vocabulary import TYPES
from tests import examples
from tests.domain.walltime import at

_REFS = {"complaint", "promise", "outreach", "purchase", "holding", "thread", "cause", "prospect", "order"}
_LISTS = {"preferred", "allowed", "refused", "staff", "benefits", "topics"}
_INSTANTS = {"until", "due", "promised_due", "rest_until", "since"}
# RULEBOOK: platinum at 5,000 and four purchases, gold at 2,000, silver at 500, basic above nothing; GBP
_SPENT = {"platinum": ["1250"] * 4, "gold": ["2000"], "silver": ["500"], "basic": ["0.01"]}
_PLAIN = {name.removesuffix(".v1"): kind for name, kind in TYPES.items()}


def told(*lines: str, zone: str = "Asia/Jakarta") -> list[Event]:
    """Read events, recorded in this order."""
    numbers = count(1)
    return [event for line in lines for event in _read(line, zone, numbers)]


def moment(text: str, zone: str = "Asia/Jakarta") -> int:
    """Read a local time as microseconds."""
    return at(text, zone)


def _read(line: str, zone: str, numbers: Iterator[int]) -> Iterator[Event]:
    day, time, what, *fields = line.split()
    when = at(f"{day} {time}", zone)
    if what in _SPENT:
        for amount in _SPENT[what]:
            number = next(numbers)
            yield _event("purchase.made", when, number, {"purchase": f"p {number}", "currency": "GBP", "total": amount})
        return
    yield _event(what, when, next(numbers), dict(field.split("=", 1) for field in fields), zone)


def _event(what: str, when: int, number: int, stated: dict[str, str], zone: str = "UTC") -> Event:
    kind = _PLAIN[what]
    given: dict[str, Any] = {name: _value(kind, name, text, zone) for name, text in stated.items()}
    if issubclass(kind, ComplaintEvent):
        given.setdefault("complaint", examples.uid("complaint the"))
    given |= {
        "type": kind.__struct_config__.tag, "id": examples.uid(f"told {number}"), "at": when, "version": number,
        "source": "urn:told",
    }  # fmt: skip
    return msgspec.convert(given, kind, strict=False)


def _value(kind: type[Event], name: str, text: str, zone: str) -> Any:
    if name == "outreach" and text.startswith("("):  # a contact that nobody planned, by its item
        return text.strip("()").replace("_", " ")
    if name in _REFS:
        return examples.uid(f"{name} {text}")
    if name == "target":
        return examples.uid(f"told {text.removeprefix('#')}")
    if name == "windows":
        return [_window(one) for one in text.split(";") if one]
    if name == "cadence":
        return [_wish(one) for one in text.split(";") if one]
    if name in _INSTANTS:
        return examples.datetime.fromtimestamp(at(text.replace("_", " "), zone) / 1e6, tz=examples.UTC)
    if name in _LISTS and kind.__name__ == "PreferenceStated":
        return [one for one in text.split(",") if one]
    return text


def _window(text: str) -> dict[str, Any]:
    days, _, times = text.rpartition("/")
    start, end = times.split("-")
    return {"days": days.split(",") if days else [], "start": start, "end": end}


def _wish(text: str) -> dict[str, Any]:
    times, per, *channel = text.split("/")
    return {"times": int(times), "per": per} | ({"channel": channel[0]} if channel else {})
