"""A complaint with all its rounds, as facts. Part of `domain.facts.Customer`."""

from decimal import Decimal

from msgspec import Struct, field


class Resolution(Struct, array_like=True, gc=False):
    """One settlement of a complaint; a reopening does not take it away."""

    round: int
    at: int
    id: str
    version: int
    outcome: str
    redress: Decimal | None
    currency: str | None
    root_cause: str | None
    staff: str | None


class Pause(Struct, array_like=True, gc=False):
    """One stretch in which a complaint stood still; `until` NEVER: it still does."""

    at: int
    until: int
    waiting_for: str
    id: str
    answer: str = ""  # the conversation that ended it: of what was waited for, they told us


class Raised(Struct, array_like=True, gc=False):
    """A complaint was taken up to a level."""

    at: int
    level: int
    to: str | None
    reason: str | None
    id: str
    round: int


class Case(Struct, array_like=True, gc=False):
    """A complaint with all its rounds."""

    ref: str
    id: str
    version: int
    at: int
    severity: str
    intake: str
    channel: str | None
    category: str | None
    product: str | None
    order: str | None
    team: str | None
    handler: str | None
    state: str = "opened"
    resume_to: str = "opened"
    round: int = 1
    round_at: int = 0
    acknowledged: int = 0  # first in this round; 0: not yet
    responded: int = 0  # first in this round
    spoke: int = 0  # last in this round
    promised_due: int = 0
    extended_until: int = 0
    level: int = 0  # in this round
    changed: int = 0
    ended: int = 0
    resolutions: list[Resolution] = field(default_factory=list[Resolution])
    pauses: list[Pause] = field(default_factory=list[Pause])
    reopened: list[int] = field(default_factory=list[int])
    links: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    heard: int = 0  # when they last heard of us about it in this round; 0: not yet
    extended_at: int = 0
    raised: list[Raised] = field(default_factory=list[Raised])
    joined: list[int] = field(default_factory=list[int])  # when each of `links` was told

    @property
    def open(self) -> bool:
        """Whether it waits for us or for somebody."""
        return self.ended == 0

    @property
    def asked(self) -> Pause | None:
        """The wait for the customer that still lasts; it stops the clock."""
        if self.state != "waiting" or self.pauses[-1].waiting_for != "customer":
            return None
        return self.pauses[-1]
