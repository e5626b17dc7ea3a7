"""How systems report what happened: each with its own ids, offset, precision and delay."""

from dataclasses import dataclass
from typing import Any

import msgspec

from api.simulation.clock import DAY, HOUR, MINUTE, stamp
from api.simulation.dice import Dice

Data = dict[str, Any]
Pair = dict[str, str]  # {"source", "id"}: an event or reference as its sender names it
KEY = 26  # bytes before each line, to sort by: µs of the report, customer, blank


@dataclass(frozen=True, slots=True)
class System:
    """A reporter: its ids begin with `prefix`.

    It reports after up to `usual` seconds, in `late` percent of cases after up to `latest`.
    """

    uri: str
    prefix: str
    offset: int = 420  # minutes
    to_the_minute: bool = False
    sequenced: bool = False
    usual: int = 60
    late: int = 0
    latest: int = DAY


SHOP = System("urn:shop:nusantara", "sh", sequenced=True, usual=20)
TILL = System(
    "urn:pos:nusantara", "pos", usual=10 * MINUTE, late=20, latest=12 * HOUR
)  # tills that were offline send at night
PBX = System("urn:pbx:jakarta", "call", usual=60)
CRM = System("urn:crm:jakarta", "crm", to_the_minute=True, usual=40 * MINUTE, late=6, latest=3 * DAY)
DESK = System("urn:crm:jakarta", "now", to_the_minute=True, usual=30)  # the same system, for what it knows at once
MAIL = System("urn:mail:gateway", "mail", offset=0, usual=2 * MINUTE)
CHAT = System("urn:wa:business", "wamid", offset=0, to_the_minute=True, sequenced=True, usual=15, late=1, latest=HOUR)
APP = System("urn:app:jejakku", "app", usual=5)
FIELD = System("urn:field:visits", "visit", to_the_minute=True, usual=6 * HOUR, late=25, latest=4 * DAY)
CAMPAIGN = System("urn:campaign:broadcast", "bc", to_the_minute=True, usual=30 * MINUTE)
BANK = System("urn:bank:core", "core", usual=5 * MINUTE, late=5, latest=DAY)
HR = System("urn:hr:jakarta", "hr", usual=HOUR)
CATALOGUE = System("urn:catalogue:nusantara", "cat", usual=MINUTE)


class Journal:
    """What one customer's systems report, as sortable lines; nothing that is reported after the end gets in."""

    __slots__ = ("_count", "_dice", "_end", "lines", "number", "subject")

    def __init__(self, number: int, dice: Dice, end: int) -> None:
        self.number = number
        self.subject: str | None = f"crm:C-{number:06d}" if number else None
        self.lines: list[bytes] = []
        self._dice, self._end, self._count = dice, end, 0

    def add(
        self,
        at: int,
        kind: str,
        system: System,
        data: Data,
        *,
        late: int | None = None,
        subject: str | None = "",
        missing: bool = False,
    ) -> Pair:
        """Report what happened at `at`, after `late` seconds or the system's own delay; answers how to name it.

        `subject`: another than the customer's own; `missing`: none, `data` has a contact point instead.
        """
        self._count += 1
        name = f"{system.prefix}-{self.number:06d}-{self._count}"
        if system.to_the_minute:
            at -= at % MINUTE
        if late is None:
            late = 1 + self._dice.below(
                system.latest if system.late and self._dice.chance(system.late) else system.usual
            )
        micros = self._dice.below(1_000_000)
        if at + late < self._end:
            cloud: Data = {
                "specversion": "1.0",
                "type": kind,
                "source": system.uri,
                "id": name,
                "time": stamp(at, system.offset),
            }
            who = subject or self.subject
            if who and not missing:
                cloud["subject"] = who
            if system.sequenced:
                cloud["sequence"] = f"{self._count:06d}"
            cloud["data"] = data
            key = f"{at + late:011d}{micros:06d}{self.number:08d}"
            self.lines.append(key.encode() + b" " + msgspec.json.encode(cloud))
        return {"source": system.uri, "id": name}
