"""How often a customer is contacted, and so when the next contact is wanted; windows and limits are for `placing` to keep.

A *beat* is one rhythm of contacts. Most customers have one, of the rulebook, by stage and tier. A wish of theirs stands in its
place; who wished for a channel of its own rhythm (a visit each quarter, two messages a month) has a beat for each:

- A wish for all channels, or else the rule's rhythm, is the beat `rhythm`, counted from the last contact that reached them
  on whatever channel. Wishes for channels are beats beside it, `rhythm visit` and the like, each counted from the last
  contact on that channel.
- Who named channels only has said how often they want to hear from us: the rule's rhythm is left out, and of their
  channels the one that is wanted first is the beat `rhythm`.
- In a stage in which nothing is sold, care goes before wishes: they were stated by somebody who had not left yet.

More than one contact in a period is one in each slot of the calendar (`domain.windows.slot_start`); one is so long after the
last. Who was never contacted has a first date within the first period, by a hash that spreads customers over it; where
the rulebook says when outreach began, so have those whose date lies before that.
"""

from typing import Any, NamedTuple

from domain.events import Wish
from domain.facts import DAY, Customer, Series
from domain.rulebook.model import Rhythm
from domain.rules import Rules
from domain.windows import slot_start
from projections.state import State

_MONTH = 365 * DAY // 12
_PERIODS = {"month": 1, "quarter": 3, "year": 12}
RHYTHM = "rhythm"


class Step(NamedTuple):
    """What holds from a moment on, as far as planning asks."""

    at: int
    stage: str
    entered: int
    tier: int
    fading: bool


class Beat(NamedTuple):
    """One rhythm: the item of its row, when the next contact is wanted, on which channel alone (None: any), and why."""

    item: str
    wanted: int
    channel: str | None
    why: dict[str, Any]


def rhythm_of(rules: Rules, step: Step) -> Rhythm | None:
    """How often a customer of this stage and tier is contacted; None: the rules say nothing."""
    tiers = rules.cadence.stages.get(step.stage)
    return None if tiers is None else tiers.get(rules.tier_names[step.tier]) or tiers.get("*")


def beats(state: State, rules: Rules, step: Step) -> list[Beat]:
    """Every rhythm of a customer, `rhythm` first."""
    c = state.customer
    wishes = c.wishes.cadence
    if not wishes or step.stage in rules.cadence.no_selling_in:
        return [_ruled(state, rules, step)]
    general = next((wish for wish in wishes if wish.channel is None), None)
    of_channels = [_of_channel(c, rules, step, wish) for wish in wishes if wish.channel is not None]
    if general is not None:
        return [_general(c, rules, step, general), *of_channels]
    first = min(of_channels, key=lambda beat: (beat.wanted, beat.item))
    return [_put_off(c, first._replace(item=RHYTHM)), *(beat for beat in of_channels if beat is not first)]


def _about(c: Customer, rules: Rules, step: Step) -> dict[str, Any]:
    why: dict[str, Any] = {"stage": step.stage, "tier": rules.tier_names[step.tier]}
    if c.last is not None:
        why["last"] = c.last.id
    return why


def _last(c: Customer) -> int:
    """When a contact last reached them, or was said to; 0: never."""
    last = c.last.at if c.last is not None else 0
    return last if c.done is None or c.done[0] < last else c.done[0]


def _ruled(state: State, rules: Rules, step: Step) -> Beat:
    c, why = state.customer, _about(state.customer, rules, step)
    rhythm = rhythm_of(rules, step)
    if step.stage in rules.cadence.no_selling_in:
        why["care"] = True
        return _put_off(c, Beat(RHYTHM, _care(state, rules, step, rhythm), None, why))
    if rhythm is None:
        return _put_off(c, Beat(RHYTHM, _last(c) or c.first_at, None, why))
    sent = len(c.series[Series.UNASKED]) + c.dropped[Series.UNASKED]
    months = rhythm.first_months if sent < rhythm.at_first else rhythm.months
    why["times"], why["months"] = rhythm.times, months
    wanted = _next(c, rules, _last(c), rhythm.times, months)
    return _put_off(c, Beat(RHYTHM, _introduced(c, rules, wanted, why), None, why))


def _general(c: Customer, rules: Rules, step: Step, wish: Wish) -> Beat:
    why = _about(c, rules, step) | {"wish": c.wishes.stated.get("cadence"), "times": wish.times}
    why["months"] = _PERIODS[wish.per]
    wanted = _next(c, rules, _last(c), wish.times, _PERIODS[wish.per])
    return _put_off(c, Beat(RHYTHM, _introduced(c, rules, wanted, why), None, why))


def _of_channel(c: Customer, rules: Rules, step: Step, wish: Wish) -> Beat:
    channel = wish.channel or ""
    item = f"{RHYTHM} {channel}"
    base = max(c.reached_by.get(channel, 0), c.set_aside.get(f"done {item}", 0))
    if c.last is not None and c.last.channel == channel:
        base = max(base, c.last.at)
    why: dict[str, Any] = {"stage": step.stage, "tier": rules.tier_names[step.tier]}
    why |= {"wish": c.wishes.stated.get("cadence"), "times": wish.times, "months": _PERIODS[wish.per], "on": channel}
    wanted = _next(c, rules, base, wish.times, _PERIODS[wish.per])
    aside = c.set_aside.get(item, 0)
    if aside > wanted:
        wanted, why["snoozed"] = aside, True
    return Beat(item, wanted, channel, why)


def _put_off(c: Customer, beat: Beat) -> Beat:
    """Not before somebody wanted it."""
    if c.snoozed_until > beat.wanted:
        beat.why["snoozed"] = True
        return beat._replace(wanted=c.snoozed_until)
    return beat


def _next(c: Customer, rules: Rules, base: int, times: int, months: int) -> int:
    if not base:
        return _spread(c, c.first_at, months * _MONTH // times)
    if times > 1 and (months == 1 or months == 3 or months == 12):
        wanted = slot_start(1, rules.zone_of(c.timezone), times, base, months=months)
    else:
        wanted = base + months * _MONTH // times
    if wanted < rules.begins:
        return _spread(c, rules.begins, months * _MONTH // times)
    return wanted


def _spread(c: Customer, since: int, span: int) -> int:
    """A moment within the span, by a hash of the customer: so not all are due on one day."""
    return since + int(c.first_id[:8], 16) * span // 0xFFFFFFFF


def _introduced(c: Customer, rules: Rules, wanted: int, why: dict[str, Any]) -> int:
    """A manager whom they do not know yet introduces themself in time, unless somebody spoke with them since."""
    within = rules.cadence.introduce_within
    if within is None or not c.managers:
        return wanted
    now = c.managers[-1]
    if now.manager is None or now.introduced or _last(c) >= now.at:
        return wanted
    by = _spread(c, now.at, within)
    if by < wanted:
        why["introduce"] = now.id
        return by
    return wanted


def _care(state: State, rules: Rules, step: Step, rhythm: Rhythm | None) -> int:
    """One contact of care after a while, then by the rhythm; where nobody answers, a long rest."""
    c, cadence = state.customer, rules.cadence
    sent = [at for at, _ in c.series[Series.UNASKED] if at > step.entered]
    if not sent:
        return step.entered + cadence.care_after
    acts, talks = c.series[Series.ACT], c.series[Series.TALK]
    answered = max(acts[-1][0] if acts else 0, talks[-1][0] if talks else 0)
    if sum(at > answered for at in sent) >= cadence.rest_after_unanswered:
        return sent[-1] + cadence.rest
    return sent[-1] + (rhythm.months if rhythm else 3) * _MONTH
