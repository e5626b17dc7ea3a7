"""Lanes by themselves: whatever succeeds and fails, and wherever it is cut off, order is kept and nothing left out."""

from collections import defaultdict, deque
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api.webhooks.book import Waiting
from api.webhooks.lanes import Lanes
from api.webhooks.pace import Pace
from api.webhooks.source import Message

PACE = Pace(delays=(1.0,), jitter=0, park_after=1e9)


class Trial:
    """A ledger of lanes by position, a receiver, and what would be kept at each moment."""

    def __init__(self, ledger: list[int]) -> None:
        self.messages = [
            Message(position, UUID(int=lane), str(position), "", {}) for position, lane in enumerate(ledger, start=1)
        ]
        self.kept: tuple[int, dict[UUID, Waiting]] = (0, {})
        self.lanes = Lanes(0, {}, PACE)
        self.received: dict[UUID, list[int]] = defaultdict(list)
        self.now = 0.0

    def keep(self) -> None:
        """What the database holds from now on."""
        waiting = dict(self.kept[1])
        for lane, change in self.lanes.changed().items():
            if change is None:
                waiting.pop(lane, None)
            else:
                waiting[lane] = change
        self.kept = (self.lanes.done, waiting)

    def die(self) -> None:
        """Start again from what was kept."""
        self.lanes = Lanes(self.kept[0], dict(self.kept[1]), PACE)

    def read(self, count: int) -> None:
        found = [m for m in self.messages if m.position > self.lanes.reach][:count]
        self.lanes.take(found, found[-1].position if found else self.lanes.reach)

    def first(self, limit: int, *, accepted: bool) -> None:
        messages = self.lanes.fresh(limit)
        if messages and accepted:
            self.arrived(messages)
            self.lanes.accepted(messages)
        elif messages:
            self.lanes.failed(messages, Waiting(0, 1, self.now, self.now + 1))

    def again(self, *, accepted: bool) -> None:
        self.now += 1
        lane = self.lanes.due(self.now)
        if lane is None:
            return
        start = self.lanes.waiting[lane].position
        ahead = [m for m in self.messages if m.lane == lane and start <= m.position <= self.lanes.reach]
        if not ahead:
            self.lanes.well_again(lane)
        elif accepted:
            self.lanes.ahead[lane] = deque(ahead)
            self.arrived(ahead[:1])
            self.lanes.went_on(lane, 1, self.now)
        else:
            self.lanes.still_waits(lane, self.now, 0.0)
        self.lanes.back(lane)

    def arrived(self, messages: list[Message]) -> None:
        for message in messages:
            seen = self.received[message.lane]
            if message.position not in seen:  # a repetition counts for nothing
                seen.append(message.position)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(1, 5)),
        st.tuples(st.just("first"), st.integers(1, 4), st.booleans()),
        st.tuples(st.just("again"), st.booleans()),
        st.tuples(st.just("keep")),
        st.tuples(st.just("die")),
        st.tuples(st.just("all due")),
    ),
    max_size=60,
)


@given(st.lists(st.integers(0, 3), max_size=20), STEPS)
def test_whatever_happens_each_lane_is_received_whole_and_in_order(ledger: list[int], steps: list[tuple]) -> None:
    trial = Trial(ledger)
    for step in steps:
        match step:
            case ("read", count):
                trial.read(count)
            case ("first", limit, accepted):
                trial.first(limit, accepted=accepted)
            case ("again", accepted):
                trial.again(accepted=accepted)
            case ("keep",):
                trial.keep()
            case ("die",):
                trial.die()
            case _:
                trial.lanes.all_due(trial.now)
        for positions in trial.received.values():
            assert positions == sorted(positions)
        held = {lane: w.position for lane, w in trial.lanes.waiting.items()}
        for message in trial.messages[: trial.lanes.done]:  # done: received, or known to wait
            assert message.position in trial.received[message.lane] or held[message.lane] <= message.position
    trial.keep()
    trial.die()
    for _ in range(2 * len(ledger) + 2):
        trial.read(len(ledger) + 1)
        for _ in range(len(ledger)):
            trial.first(3, accepted=True)
            trial.again(accepted=True)
    assert {lane: p for lane, p in trial.received.items() if p} == {
        UUID(int=lane): [m.position for m in trial.messages if m.lane == UUID(int=lane)] for lane in set(ledger)
    }
