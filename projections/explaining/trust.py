"""Why trust stands where it stands: each thing that gave or took points within the window."""

from domain.criteria.measures import Measured
from projections import trust
from projections.explaining.answer import Answer, Next, written
from projections.explaining.standing import Then


def answer(then: Then) -> Answer:
    """Explain the score. What left the window last is part of the grounds: since then the score is what it is."""
    rules, t = then.rules, then.as_of
    state = then.state.ghost()
    trust.pass_time(state, rules, t)
    window = rules.trust.window
    inside = [item for item in state.trust.items if item.at + window > t]
    gone = max((item.at + window for item in state.trust.items if item.at + window <= t), default=None)
    came = inside[-1].at if inside else None
    since = max((at for at in (gone, came) if at is not None), default=None)
    turn = next((step for step in trust.ahead(state, rules) if step[1] != state.score), None)
    left = [item for item in state.trust.items if gone == since and item.at + window == gone]
    return Answer(
        "trust",
        {
            "score": state.score,
            "band": trust.band(rules, state.score),
            "falling": state.trust.falling,
            "start": rules.trust.start,
        },
        since,
        "/trust",
        [Measured(item.what, f"{item.points:+d}", "on", written(item.at), [item.event]) for item in reversed(inside)],
        None
        if turn is None
        else Next(turn[0], {"score": turn[1], "band": trust.band(rules, turn[1])}, "/trust/window"),
        tuple((item.at, item.what, item.event) for item in (*left, *inside)),
    )
