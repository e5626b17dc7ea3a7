"""From shares of classes of customers to whole customers: never beyond a room, never to whom a wish excludes.

The shares are whole but for a few classes. Of those each customer left over goes to the lightest of their staff with
room; where all of these are full, along a chain in which each makes room for the one before. Then single customers
move from heavy to light books while that brings loads nearer to each other.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence

from projections.assigning.solving import Kind, Place

_Step = tuple[int, int, int]
"""One customer of a class, from whom, to whom."""

_NEAR = 1e-6
_MOST_MOVES = 2_000


class Books:
    """How many customers of each class each member of staff gets; filled from shares, in place."""

    def __init__(self, kinds: Sequence[Kind], numbers: Sequence[int], places: Sequence[Place], within: float) -> None:
        """`within`: loads this near to each other are even."""
        self.kinds, self.places, self._within = kinds, places, within
        self.placed = [dict.fromkeys(kind.staff, 0) for kind in kinds]
        self.left = list(numbers)
        self.taken = [0] * len(places)
        self.loads = [place.load for place in places]

    def fill(self, shares: Sequence[Sequence[float]]) -> None:
        """Take whole parts of the shares, place who is left over, and even out."""
        for index, (kind, found) in enumerate(zip(self.kinds, shares, strict=True)):
            for staff, share in zip(kind.staff, found, strict=True):
                self._put(index, staff, min(int(share + _NEAR), self.left[index]))
        # Of those left over the heaviest first: light ones even out what they leave uneven.
        for index in sorted(range(len(self.kinds)), key=lambda i: (-self.kinds[i].worth, -self.kinds[i].weight, i)):
            while self.left[index] and self._place_one(index):
                pass
        self._even_out()

    def room(self, staff: int) -> bool:
        """Whether they can take one more."""
        room = self.places[staff].room
        return room is None or self.taken[staff] < room

    def level(self, staff: int) -> float:
        """Their load for each unit of their share."""
        return self.loads[staff] / self.places[staff].share

    def _put(self, kind: int, staff: int, number: int) -> None:
        room = self.places[staff].room
        number = number if room is None else min(number, room - self.taken[staff])
        self.placed[kind][staff] += number
        self.left[kind] -= number
        self.taken[staff] += number
        self.loads[staff] += number * self.kinds[kind].weight

    def _place_one(self, kind: int) -> bool:
        chain = self._chain(kind)
        if chain is None:
            return False
        for index, source, target in reversed(chain):  # from the end, where there is room
            self._put(index, source, -1)
            self._put(index, target, 1)
        first = chain[0][1] if chain else self._lightest(kind)
        assert first is not None
        self._put(kind, first, 1)
        return True

    def _lightest(self, kind: int) -> int | None:
        """Of the staff of a class who have room one of the lightest: of all whose loads are even, whom they know best."""
        of = self.kinds[kind]
        free = [
            (self.level(staff), cost, staff) for staff, cost in zip(of.staff, of.costs, strict=True) if self.room(staff)
        ]
        if not free:
            return None
        near = min(free)[0] + self._within * sum(self.loads) / sum(place.share for place in self.places)
        return min((cost, level, staff) for level, cost, staff in free if level <= near)[2]

    def _chain(self, kind: int) -> list[_Step] | None:
        """Moves (class, from, to), each making room for the one before; [] where there is room; None: nowhere."""
        if self._lightest(kind) is not None:
            return []
        came: dict[int, _Step | None] = dict.fromkeys(self.kinds[kind].staff)
        waiting = deque(came)
        while waiting:
            staff = waiting.popleft()
            if self.room(staff):
                return self._back(came, staff)
            for index, placed in enumerate(self.placed):
                if placed.get(staff):
                    for target in placed:
                        if target not in came:
                            came[target] = (index, staff, target)
                            waiting.append(target)
        return None

    @staticmethod
    def _back(came: dict[int, _Step | None], staff: int) -> list[_Step]:
        chain: list[_Step] = []
        step = came[staff]
        while step is not None:
            chain.append(step)
            step = came[step[1]]
        return chain[::-1]

    # --- evening out --------------------------------------------------------------------------------------------------

    def _even_out(self) -> None:
        for _ in range(_MOST_MOVES):
            moves = self._better()
            if not moves:
                return
            for kind, source, _ in moves:
                self._put(kind, source, -1)
            for kind, _, target in moves:
                self._put(kind, target, 1)

    def _better(self) -> list[_Step]:
        """What brings the heaviest book and a lighter one nearer: one customer who goes over, or two who change places."""
        order = sorted(range(len(self.places)), key=lambda staff: (self.level(staff), staff))
        for source in reversed(order):
            for target in order:
                gap = self.level(source) - self.level(target)
                if gap <= self._within * self.level(target):
                    break
                # By so much a weight may shift without one passing the other.
                most = gap / (1 / self.places[source].share + 1 / self.places[target].share)
                found = self._one(source, target, most) if self.room(target) else None
                found = found or self._two(source, target, most)
                if found:
                    return found
        return []

    def _cost(self, kind: int, source: int, target: int) -> float:
        of = self.kinds[kind]
        return of.costs[of.staff.index(target)] - of.costs[of.staff.index(source)]

    def _one(self, source: int, target: int, most: float) -> list[_Step] | None:
        best: tuple[float, float, int] | None = None
        for index, placed in enumerate(self.placed):
            weight = self.kinds[index].weight
            if placed.get(source) and target in placed and 0 < weight <= most:
                found = (self._cost(index, source, target), -weight, index)
                best = found if best is None or found < best else best
        return None if best is None else [(best[2], source, target)]

    def _two(self, source: int, target: int, most: float) -> list[_Step] | None:
        """A heavy one for a light one, as far apart as may be."""
        light = sorted((k.weight, i) for i, k in enumerate(self.kinds) if self._may(i, target, source))
        best: tuple[float, float, int, int] | None = None
        for index, kind in enumerate(self.kinds):
            if not self._may(index, source, target):
                continue
            place = bisect_left(light, (kind.weight - most, -1))
            if place < len(light) and light[place][0] < kind.weight - _NEAR:
                weight, other = light[place]
                cost = self._cost(index, source, target) + self._cost(other, target, source)
                found = (weight - kind.weight, cost, index, other)
                best = found if best is None or found < best else best
        return None if best is None else [(best[2], source, target), (best[3], target, source)]

    def _may(self, kind: int, source: int, target: int) -> bool:
        placed = self.placed[kind]
        return bool(placed.get(source)) and target in placed
