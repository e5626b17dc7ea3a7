"""In which order moves are applied, so that no book is over its size in between.

A move goes to a book with room where there is one. Where all that are left go to full books they go round in rings: those of
one ring follow each other, and are recorded together.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from projections.assigning.proposing import Move

PART = 1_000  # moves that are recorded together: so many, and the rest of a ring


def parts(moves: Sequence[Move], rooms: Mapping[str, int | None], size: int = PART) -> list[list[Move]]:
    """Moves in the order of applying, in parts. `rooms`: how many more each book holds before any of them; None: any number."""
    return _Order(moves, rooms).cut(size)


class _Order:
    def __init__(self, moves: Sequence[Move], rooms: Mapping[str, int | None]) -> None:
        self.rooms = dict(rooms)
        self.into: dict[str, deque[Move]] = defaultdict(deque)
        self.out: dict[str, deque[Move]] = defaultdict(deque)
        for move in moves:
            self.into[move.target].append(move)
            if move.source is not None:
                self.out[move.source].append(move)
        self.done: set[str] = set()
        self.left = len(moves)

    def cut(self, size: int) -> list[list[Move]]:
        made: list[list[Move]] = []
        while self.left:
            part: list[Move] = []
            while self.left and len(part) < size:
                part += self._next()
            made.append(part)
        return made

    def _next(self) -> list[Move]:
        """One move to where there is room, or those of a ring."""
        for target in sorted(self.into):
            if self._room(target) and (move := self._first(self.into[target])) is not None:
                return [self._take(move)]
        target = next(t for t in sorted(self.into) if self._first(self.into[t]) is not None)
        ring: list[Move] = []
        move = self._first(self.into[target])
        while move is not None:
            ring.append(self._take(move))
            move = None if self._held(move.target) else self._first(self.out[move.target])
        return ring

    def _first(self, waiting: deque[Move]) -> Move | None:
        while waiting and waiting[0].customer in self.done:
            waiting.popleft()
        return waiting[0] if waiting else None

    def _take(self, move: Move) -> Move:
        self.done.add(move.customer)
        self.left -= 1
        for code, change in ((move.target, -1), (move.source, 1)):
            room = None if code is None else self.rooms.get(code)
            if code is not None and room is not None:
                self.rooms[code] = room + change
        return move

    def _room(self, code: str) -> bool:
        room = self.rooms.get(code)
        return room is None or room > 0

    def _held(self, code: str) -> bool:
        room = self.rooms.get(code)
        return room is None or room >= 0
