"""Why a relationship is in its stage: the clause by which it was entered, as measured then, and what comes by itself."""

from projections.explaining.answer import Answer, Next, Way, nothing
from projections.explaining.standing import Then


def answer(then: Then) -> Answer:
    """Explain the stage; the way through all stages is part of its grounds."""
    state = then.state
    if not state.count:
        return nothing("stage")
    stage = state.stages[-1]
    standing = then.ahead("standing")
    follower = next((row for row in then.rows("stages") if row["from_at"] > then.as_of), None)
    fades = next((row for row in standing if row["fading"]), None)
    fading = standing[0]["fading"]
    before = state.stages[-2].stage if len(state.stages) > 1 else None
    return Answer(
        "stage",
        {
            "stage": stage.stage,
            "before": before,
            "fading": fading,
            "fades_at": None
            if fading or fades is None or (follower is not None and follower["from_at"] <= fades["from_at"])
            else fades["from_at"],
        },
        stage.at,
        stage.clause,
        stage.reason,
        None if follower is None else Next(follower["from_at"], {"stage": follower["stage"]}, follower["clause"]),
        tuple((past.at, past.stage, past.clause, past.last) for past in state.stages),
    )


def towards(then: Then) -> list[Way]:
    """The clauses that lead out of the present stage, as they measure now."""
    state, t = then.state, then.as_of
    return [
        Way(
            clause.name,
            clause.to,
            clause.ask(state, t)[0],
            clause.show(state, t),
            [criterion.holds(state, t)[0] for criterion in clause.criteria],
        )
        for clause in then.rules.lifecycle.out[state.stage]
    ]
