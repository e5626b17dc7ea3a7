"""What has to be true of a ledger after whatever happened to it, and the promises that its writers were given."""

from collections.abc import Iterable
from typing import NamedTuple

from domain.ledger import Ledger, Receipt
from tests.faults.load import event
from tests.faults.stage import Unkept
from tests.ledgers import Home, opened

# Each gives no row in a sound ledger.
UNSOUND = {
    "positions without gap": "SELECT count(*), min(position), max(position) FROM ledger.events "
    "HAVING count(*) <> coalesce(max(position), 0) OR count(*) <> count(DISTINCT position) OR min(position) <> 1",
    "versions without gap": "SELECT customer FROM ledger.events GROUP BY customer "
    "HAVING count(*) <> max(version) OR min(version) <> 1",
    "versions in the order of positions": "SELECT customer FROM (SELECT customer, version, row_number() OVER "
    "(PARTITION BY customer ORDER BY position) AS place FROM ledger.events) e WHERE version <> place",
    "recorded times that rise": "SELECT position FROM (SELECT position, recorded_at <= lag(recorded_at) OVER "
    "(ORDER BY position) AS back FROM ledger.events) e WHERE back",
    "commits that join": "SELECT first FROM (SELECT first, last, lag(last, 1, 0::bigint) OVER (ORDER BY last) AS before "
    "FROM ledger.commits) c WHERE first <> before + 1",
    "commits that hold all events": "SELECT c.last FROM (SELECT max(last) AS last FROM ledger.commits) c, "
    "(SELECT max(position) AS last FROM ledger.events) e WHERE c.last IS DISTINCT FROM e.last",
    "each event received once, and each receipt an event": "SELECT e.position, r.position FROM ledger.events e "
    "FULL JOIN ledger.received r ON r.customer = e.customer AND r.version = e.version "
    "WHERE e.position IS DISTINCT FROM r.position OR (e.clear::json->>'id')::uuid IS DISTINCT FROM r.id",
    "one registration a customer": "SELECT customer FROM ledger.events GROUP BY customer "
    "HAVING count(*) FILTER (WHERE type = 'customer.registered.v1') <> 1",
}


def check_sound(home: Home) -> int:
    """Unkept where the ledger contradicts itself; the number of its events."""
    with opened(home) as ledger, ledger.recorder.connection() as c:
        for what, query in UNSOUND.items():
            found = c.execute(query.encode()).fetchmany(3)
            if found:
                raise Unkept(f"{what}: {found}")
        return ledger.head()


class Kept(NamedTuple):
    """What a writer was told of one event."""

    id: str
    position: int


class Told:
    """Everything that the lines of writers say, over all lives of a writer."""

    def __init__(self) -> None:
        self.sent: dict[str, int] = {}  # writer -> numbers below this were sent
        self.kept: dict[str, dict[int, Kept]] = {}
        self.undone: set[str] = set()

    def hear(self, lines: Iterable[str]) -> None:
        """Take in what an ended process said; Unkept where it was told different things of one event."""
        for line in lines:
            match line.split():
                case ["sent", writer, _, end]:
                    self.sent[writer] = max(self.sent.get(writer, 0), int(end))
                case ["kept", writer, number, id_, position]:
                    answer = Kept(id_, int(position))
                    kept = self.kept.setdefault(writer, {})
                    if kept.setdefault(int(number), answer) != answer:
                        raise Unkept(f"{writer} was told {kept[int(number)]} and {answer} of event {number}")
                case ["undone", id_]:
                    self.undone.add(id_)
                case _:
                    raise Unkept(f"a writer said {line!r}")

    def next_number(self, writer: str) -> int:
        """The first number that a writer was not told is recorded."""
        return max(self.kept.get(writer, {}), default=-1) + 1

    @property
    def promises(self) -> int:
        """How many events were answered for."""
        return sum(map(len, self.kept.values()))


def resend(ledger: Ledger, told: Told) -> int:
    """Send everything again that was ever sent, as a client would after a crash; how many of it had been lost unanswered.

    Unkept where something that was answered for is not there, or is elsewhere.
    """
    lost = 0
    for writer, end in told.sent.items():
        for start in range(0, end, 500):
            numbers = range(start, min(start + 500, end))
            outcomes = ledger.record([event(writer, n) for n in numbers], actor="faults")
            for number, outcome in zip(numbers, outcomes, strict=True):
                lost += _answer(writer, number, outcome, told.kept.get(writer, {}).get(number))
    return lost


def _answer(writer: str, number: int, outcome: object, before: Kept | None) -> bool:
    if not isinstance(outcome, Receipt):
        raise Unkept(f"event {number} of {writer} is refused when it is sent again: {outcome}")
    if before is not None and (outcome.status != "duplicate" or before != Kept(outcome.id, outcome.position or 0)):
        raise Unkept(f"event {number} of {writer} was recorded as {before} and is now {outcome}")
    return outcome.status == "recorded"


def check_kept(home: Home, told: Told) -> dict[str, int]:
    """Nothing answered for is lost, and nothing is doubled by sending everything again, twice; the counts."""
    with opened(home) as ledger:
        before = check_sound(home)
        lost = resend(ledger, told)
        head = check_sound(home)
        if resend(ledger, told) or ledger.head() != head:
            raise Unkept("sending everything a second time recorded something")
        seen = {r.event.id for r in ledger.feed(0, head)}
        if seen & told.undone:
            raise Unkept(f"{len(seen & told.undone)} events of failed transactions are there")
    return {"promised": told.promises, "events": head, "resent unanswered": head - before, "of these sent": lost}
