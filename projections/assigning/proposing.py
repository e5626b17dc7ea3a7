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
    """Place customers with staff. `within`: loads this near to each other are even. `as_of` (µs): qualifications then."""
    staff = sorted(members, key=lambda member: member.code)
    shares = _shares(staff)
    places = [Place(member.room, member.load, share) for member, share in zip(staff, shares, strict=True)]
    grouped, unfit = _grouped(sorted(clients), staff, as_of)
    kinds = sorted(grouped)
    numbers = [len(grouped[kind]) for kind in kinds]
    books = Books(kinds, numbers, places)
    books.fill(solve(kinds, numbers, places, 1 + within * 0.4), within)
    placed, left = _named(kinds, grouped, books)
    return Proposal(
        [_move(client, staff, index, kind) for client, index, kind in placed if client.owner != staff[index].code],
        sorted([*unfit, *(_full(client, staff, kind) for client, kind in left)]),
        _loads(staff, shares, books),
        sum(client.owner == staff[index].code for client, index, _ in placed),
    )


def _shares(staff: Sequence[Member]) -> list[float]:
    """By minutes a day; who has none said gets the mean of the others."""
    said = [member.person.minutes_a_day for member in staff if member.person.minutes_a_day]
    mean = sum(said) / len(said) if said else 1.0
    return [round((member.person.minutes_a_day or mean) / mean, 6) for member in staff]


Groups = dict[Kind, list[Client]]


def _grouped(clients: Sequence[Client], staff: Sequence[Member], as_of: int) -> tuple[Groups, list[Unplaced]]:
    """Customers by class; and those whom nobody fits."""
    groups: Groups = defaultdict(list)
    unfit: list[Unplaced] = []
    kept: dict[Asked, tuple[tuple[int, ...], Mapping[str, int]]] = {}
    index = {member.code: i for i, member in enumerate(staff)}
    for client in clients:
        if client.asked not in kept:
            kept[client.asked] = _fitting(client.asked, staff, as_of)
        fitting, against = kept[client.asked]
        if fitting:
            costs = _costs(client, fitting, index)
            groups[Kind(client.weight, client.worth, fitting, costs)].append(client)
        else:
            unfit.append(Unplaced(client.customer, client.owner, "no-fit", against))
    return groups, unfit


def _fitting(asked: Asked, staff: Sequence[Member], as_of: int) -> tuple[tuple[int, ...], Mapping[str, int]]:
    reasons = [asked.refuses(member.code, member.person, as_of) for member in staff]
    return tuple(i for i, reason in enumerate(reasons) if reason is None), Counter(r for r in reasons if r)


def _costs(client: Client, fitting: Sequence[int], index: Mapping[str, int]) -> tuple[float, ...]:
    """What it costs a customer to go to each: least where they stay, then to whom they know, in the order they named."""
    known = {index[code]: BEFORE for code in client.before if code in index}
    for code, cost in ((client.talked, TALKED), (client.owner, STAYS)):
        if code is not None and code in index:
            known[index[code]] = cost
    named = {index[code]: place for place, code in enumerate(client.asked.staff) if code in index}
    return tuple(round(known.get(i, STRANGER) + _LATER_NAMED * named.get(i, 0), 3) for i in fitting)


Placed = list[tuple[Client, int, Kind]]


def _named(kinds: Sequence[Kind], grouped: Groups, books: Books) -> tuple[Placed, list[tuple[Client, Kind]]]:
    """From numbers of a class to its customers, by id; and those who are left over."""
    placed: Placed = []
    left: list[tuple[Client, Kind]] = []
    for kind, by_staff in zip(kinds, books.placed, strict=True):
        waiting = iter(grouped[kind])
        for index in kind.staff:
            placed += [(next(waiting), index, kind) for _ in range(by_staff[index])]
        left += [(client, kind) for client in waiting]
    return placed, left


def _move(client: Client, staff: Sequence[Member], index: int, kind: Kind) -> Move:
    code = staff[index].code
    if code in client.asked.staff:
        reason = "named"
    elif len(kind.staff) == 1:
        reason = "wish"
    elif code == client.talked:
        reason = "talked-last"
    else:
        reason = "owned-before" if code in client.before else "balance"
    return Move(client.customer, client.owner, code, client.weight, reason, client.asked.qualifications)


def _full(client: Client, staff: Sequence[Member], kind: Kind) -> Unplaced:
    return Unplaced(client.customer, client.owner, "full", {staff[index].code: 1 for index in kind.staff})


def _loads(staff: Sequence[Member], shares: Sequence[float], books: Books) -> list[Load]:
    return [
        Load(
            member.code, member.person.capacity, member.had, member.kept + books.taken[i],
            round(member.before, 1), round(books.loads[i], 1), shares[i],
        )
        for i, member in enumerate(staff)
    ]  # fmt: skip
