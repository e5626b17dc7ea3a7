"""How a language says lines: its sentences, the names of codes, dates and numbers as people write them."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from projections.explaining.telling import Code, Day, Line, Measure, Moment, Seen

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:\.\d+)?(?![\w-])")


class Tongue:
    """A language."""

    def __init__(
        self,
        code: str,
        sentences: Mapping[str, str],
        terms: Mapping[str, str],
        measures: Sequence[tuple[str, str]],
        months: Sequence[str],
        *,
        thousands: str,
        decimal: str,
    ) -> None:
        """`measures`: patterns and what stands for them, in order, in what criteria measured."""
        self.code, self.sentences, self.terms, self.months = code, sentences, terms, months
        self._measures = [(re.compile(pattern), instead) for pattern, instead in measures]
        self._marks = str.maketrans({",": thousands, ".": decimal})

    def say(self, line: Line, zone: ZoneInfo) -> str:
        """One sentence, beginning with a capital letter unless it stands under another."""
        said = self.sentences[line.key].format_map({name: self._value(v, zone) for name, v in line.values.items()})
        first = _FIRST.match(self.sentences[line.key])
        name = first is not None and isinstance(line.values.get(first[1]), str)  # which is written as it is
        return said if line.level or name else said[:1].upper() + said[1:]

    def _value(self, value: Any, zone: ZoneInfo) -> str:
        match value:
            case Day(at):
                return self._day(at, zone)
            case Moment(at):
                local = (_EPOCH + timedelta(microseconds=at)).astimezone(zone)
                return f"{self._day(at, zone)}, {local:%H:%M}"
            case Code(code):
                return self.terms.get(code, code)
            case Measure(text):
                return self.measure(text)
            case Seen(events):
                return ", ".join(f"{self._kind(event.type)} {self._day(event.at, zone)}" for event in events)
            case int() | float():
                return self.number(f"{value:g}" if isinstance(value, float) else str(value))
            case _:
                return str(value)

    def _kind(self, name: str) -> str:
        """A type of events; where it has no name of its own, its stored one as words."""
        return self.terms.get(name, name.replace(".", " ").replace("-", " "))

    def _day(self, at: int, zone: ZoneInfo) -> str:
        local = (_EPOCH + timedelta(microseconds=at)).astimezone(zone)
        return f"{local.day} {self.months[local.month - 1]} {local.year}"

    def measure(self, text: str) -> str:
        """What was measured, in this language."""
        for pattern, instead in self._measures:
            text = pattern.sub(instead, text)
        return _NUMBER.sub(lambda found: self.number(found[0]), text)

    def number(self, text: str) -> str:
        """Digits as people group them, to at most two decimals."""
        whole, _, rest = text.partition(".")
        rest = f"{float('0.' + rest):.2f}"[2:].rstrip("0") if rest else ""
        return (f"{int(whole):,}" + (f".{rest}" if rest else "")).translate(self._marks)
