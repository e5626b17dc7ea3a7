"""A proposal: who goes to whom and why, how loads change, and who cannot be placed and why. Pure, and the same each time.

What binds is never broken: staff whom the customer named, traits they asked for, qualifications that their tier or needs
ask for, and how many customers a book may hold. Within that, loads become even, and of all ways to do so the one in which
most customers stay where they are, or go to whom they talked with last or had before.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from projections.assigning.rounding import Books
from projections.assigning.solving import Kind, Place, solve
from projections.staff import Asked, Staff

STAYS, TALKED, BEFORE, STRANGER = 0.0, 0.5, 0.7, 1.0
_OWNED = 100  # added to the worth of who takes a place in one of these books, placed anew or not
_LATER_NAMED = 0.1  # for each that stands before them in the customer's wish


class Client(NamedTuple):
    """A customer who is to be placed."""

    customer: str
    weight: float
    """Minutes a month (see `weighing`)."""
    worth: int
    """0 and up, by tier."""
    owner: str | None
    talked: str | None
    """With whom they talked last."""
    before: tuple[str, ...]
    """Who owned the relationship before, the latest first."""
    asked: Asked


class Member(NamedTuple):
    """Somebody whom customers may be given to."""

    person: Staff
    kept: int
    """Customers whom they keep, beside those who are to be placed."""
    load: float
    """Minutes a month of those."""
    had: int
    """Customers before."""
    before: float
    """Minutes a month before."""

    @property
    def code(self) -> str:
        """Who it is."""
        return self.person.staff

    @property
    def room(self) -> int | None:
        """How many customers they can be given; None: any number."""
        return None if self.person.capacity is None else max(0, self.person.capacity - self.kept)


class Move(NamedTuple):
    """A customer who goes to another owner."""

    customer: str
    source: str | None
    target: str
    weight: float
    reason: str
    """named (in their wish), wish (nobody else fits), talked-last, owned-before, or balance."""
    qualifications: tuple[str, ...]
    """That were needed."""


class Unplaced(NamedTuple):
    """A customer for whom there is nobody."""

    customer: str
    owner: str | None
    reason: str
    """no-fit: none of the staff fits what is asked; full: all who fit are full."""
    detail: Mapping[str, int]
    """Of no-fit: how many of the staff did not fit for which reason; of full: by whom (1 each)."""


class Load(NamedTuple):
    """What one member of staff has, before and after."""

    staff: str
    capacity: int | None
    customers_before: int
    customers_after: int
    minutes_before: float
    minutes_after: float
    share: float
    """How much of the work they can do, against the others' share."""


class Proposal(NamedTuple):
    """Who goes to whom; customers who stay are only counted."""

    moves: list[Move]
    unplaced: list[Unplaced]
    loads: list[Load]
    stay: int


def propose(clients: Iterable[Client], members: Sequence[Member], as_of: int, within: float = 0.05) -> Proposal:
    """Place customers with staff. `within`: loads this near to each other are even. `as_of` (µs): qualifications then.

    For whom there is nobody stays with whom they have: that takes a place there, so the rest is placed anew around it.
    """
    staff = sorted(members, key=lambda member: member.code)
    fits = _Fits(staff, as_of)
    to_place, unplaced = sorted(clients), list[Unplaced]()
    stuck = [client for client in to_place if not fits.who(client)]
    unplaced += [Unplaced(c.customer, c.owner, "no-fit", fits.against(c)) for c in stuck]
    owners = {member.code for member in staff}
    while True:
        out = {client.customer for client in stuck}
        staff, to_place = _keeping(staff, stuck), [client for client in to_place if client.customer not in out]
        made = _placed(to_place, staff, fits, within)
        stuck = [client for client in made.left if client.owner in owners]
        unplaced += [_full(client, staff, fits) for client in stuck or made.left]
        if not stuck:
            break
    placed = made.placed
    placed = made.placed
    return Proposal(
        [_move(client, staff, index, fits) for client, index in placed if client.owner != staff[index].code],
        sorted(unplaced),
        _loads(staff, made.books),
        sum(client.owner == staff[index].code for client, index in placed),
    )


class _Made(NamedTuple):
    placed: list[tuple[Client, int]]
    left: list[Client]
    books: Books


def _placed(clients: Sequence[Client], staff: Sequence[Member], fits: "_Fits", within: float) -> _Made:
    owners = {member.code for member in staff}
    grouped: dict[Kind, list[Client]] = defaultdict(list)
    for client in clients:
        fitting = fits.who(client)
        worth = client.worth + (_OWNED if client.owner in owners else 0)
        grouped[Kind(client.weight, worth, fitting, fits.costs(client, fitting))].append(client)
    kinds = sorted(grouped)
    numbers = [len(grouped[kind]) for kind in kinds]
    places = [Place(m.room, m.load, share) for m, share in zip(staff, _shares(staff), strict=True)]
    books = Books(kinds, numbers, places, within)
    books.fill(solve(kinds, numbers, places, 1 + within * 0.4))
    placed: list[tuple[Client, int]] = []
    left: list[Client] = []
    for kind, by_staff in zip(kinds, books.placed, strict=True):
        waiting = iter(grouped[kind])  # by id
        for index in kind.staff:
            placed += [(next(waiting), index) for _ in range(by_staff[index])]
        left += waiting
    return _Made(placed, left, books)


def _keeping(staff: Sequence[Member], stuck: Iterable[Client]) -> list[Member]:
    """Staff who also keep these customers of theirs."""
    kept: dict[str, list[Client]] = defaultdict(list)
    for client in stuck:
        kept[client.owner or ""].append(client)
    return [
        m._replace(kept=m.kept + len(kept[m.code]), load=m.load + sum(client.weight for client in kept[m.code]))
        for m in staff
    ]


def _shares(staff: Sequence[Member]) -> list[float]:
    """By minutes a day; who has none said gets the mean of the others."""
    said = [member.person.minutes_a_day for member in staff if member.person.minutes_a_day]
    mean = sum(said) / len(said) if said else 1.0
    return [round((member.person.minutes_a_day or mean) / mean, 6) for member in staff]


class _Fits:
    """Whom each customer accepts, and whom they know; worked out once for all who ask for the same."""

    def __init__(self, staff: Sequence[Member], as_of: int) -> None:
        self._staff, self._as_of = staff, as_of
        self._index = {member.code: i for i, member in enumerate(staff)}
        self._kept: dict[Asked, tuple[tuple[int, ...], Mapping[str, int]]] = {}

    def who(self, client: Client) -> tuple[int, ...]:
        """Who may have them."""
        return self._fitting(client.asked)[0]

    def against(self, client: Client) -> Mapping[str, int]:
        """How many of the staff may not, by reason."""
        return self._fitting(client.asked)[1]

    def _fitting(self, asked: Asked) -> tuple[tuple[int, ...], Mapping[str, int]]:
        found = self._kept.get(asked)
        if found is None:
            reasons = [asked.refuses(member.code, member.person, self._as_of) for member in self._staff]
            fitting = tuple(i for i, reason in enumerate(reasons) if reason is None)
            found = self._kept[asked] = fitting, Counter(reason for reason in reasons if reason)
        return found

    def costs(self, client: Client, fitting: Sequence[int]) -> tuple[float, ...]:
        """What it costs them to go to each: least where they stay, then to whom they know, in the order they named."""
        index = self._index
        known = {index[code]: BEFORE for code in client.before if code in index}
        for code, cost in ((client.talked, TALKED), (client.owner, STAYS)):
            if code is not None and code in index:
                known[index[code]] = cost
        named = {index[code]: place for place, code in enumerate(client.asked.staff) if code in index}
        return tuple(round(known.get(i, STRANGER) + _LATER_NAMED * named.get(i, 0), 3) for i in fitting)


def _move(client: Client, staff: Sequence[Member], index: int, fits: _Fits) -> Move:
    code = staff[index].code
    if code in client.asked.staff:
        reason = "named"
    elif len(fits.who(client)) == 1:
        reason = "wish"
    elif code == client.talked:
        reason = "talked-last"
    else:
        reason = "owned-before" if code in client.before else "balance"
    return Move(client.customer, client.owner, code, client.weight, reason, client.asked.qualifications)


def _full(client: Client, staff: Sequence[Member], fits: _Fits) -> Unplaced:
    return Unplaced(client.customer, client.owner, "full", {staff[index].code: 1 for index in fits.who(client)})


def _loads(staff: Sequence[Member], books: Books) -> list[Load]:
    return [
        Load(
            member.code, member.person.capacity, member.had, member.kept + books.taken[i],
            round(member.before, 1), round(books.loads[i], 1), books.places[i].share,
        )
        for i, member in enumerate(staff)
    ]  # fmt: skip
