"""Stages: each edge of the first rulebook, its reason and its date."""

from itertools import pairwise

from domain import events as e
from domain.facts import DAY
from domain.rules import compile_rules, shipped
from tests import examples
from tests.spec import Spec, a, given

BOUGHT = "bought-and-kept"


def purchases(*days: float, total: str = "1000000", category: str | None = None) -> list[e.Event]:
    lines = () if category is None else (e.Line(product="p", amount=total, category=category),)
    return [a(e.PurchaseMade, day, purchase=examples.uid(f"p {day}"), total=total, lines=lines) for day in days]


def talks(*days: float) -> list[e.Event]:
    return [a(e.VisitMade, day) for day in days]


def loyal(start: float = 0, every: float = 30, count: int = 8, categories: str | None = None) -> list[e.Event]:
    """Enough of everything for commitment: purchases, and relationship talks and kept promises for trust."""
    days = [start + every * number for number in range(count)]
    found: list[e.Event] = []
    for number, day in enumerate(days):
        promise = examples.uid(f"promise {day}")
        found += purchases(day, category=categories and categories[number % len(categories)])
        found += [
            a(e.PromiseMade, day, promise=promise, due=examples.moment(day + 5)),
            a(e.PromiseKept, day + 1, promise=promise),
        ]
    return found


def stage_at(spec: Spec, day: float) -> str:
    now = examples.day(day)
    return next(row["stage"] for row in spec.rows("stages") if row["from_at"] <= now < row["until_at"])


def test_one_way_contact_is_awareness() -> None:
    told = given(a(e.CustomerRegistered, 0), a(e.BroadcastSent, 1), a(e.EmailExchanged, 2), a(e.LetterExchanged, 3))
    assert told.stages() == [("awareness", "known")]


def test_an_act_of_theirs_is_exploration_and_cites_it() -> None:
    browse = a(e.SelfServiceUsed, 5)
    told = given(a(e.CustomerRegistered, 0), browse)
    row = told.rows("stages")[1]
    assert (row["stage"], row["from_at"]) == ("exploration", browse.at)
    assert row["reason"][0]["events"] == [browse.id]


def test_exploration_ends_after_180_days_without_any_act() -> None:
    rows = given(a(e.CustomerRegistered, 0), a(e.CallMade, 5)).rows("stages")
    assert [row["stage"] for row in rows] == ["awareness", "exploration", "awareness"]
    assert rows[1]["next_at"] == examples.day(185)
    assert (rows[1]["next_stage"], rows[2]["clause"]) == ("awareness", "lost-interest")


def test_a_kept_purchase_or_a_holding_is_expansion() -> None:
    assert given(*purchases(3)).stages()[0] == ("expansion", BOUGHT)
    assert given(a(e.HoldingOpened, 3)).stages()[0] == ("expansion", "holds-something")


def test_a_purchase_returned_at_once_opens_nothing() -> None:
    bought = a(e.PurchaseMade, 3, lines=(), total="1000000")
    returned = a(e.PurchaseReturned, 3, lines=(), total="1000000")
    assert stage_at(given(bought, returned), 4) == "awareness"


def test_loyal_and_regular_with_trust_is_commitment() -> None:
    story = given(*loyal())
    assert story.stages()[:2] == [("expansion", BOUGHT), ("commitment", "loyal-and-regular")]
    reason = {one["measure"]: one for one in story.rows("stages")[1]["reason"]}
    assert reason["trust"]["value"] == "60"
    assert reason["purchase within 365 days"]["value"] == "6"
    assert len(reason["purchase within 365 days"]["events"]) == 6
    assert reason["categories within 365 days"]["value"] == "none known"


def test_where_categories_are_known_two_are_needed() -> None:
    assert "commitment" not in {stage for stage, _ in given(*loyal(categories="a")).stages()}
    assert "commitment" in {stage for stage, _ in given(*loyal(categories="ab")).stages()}


def test_a_category_counts_by_what_was_kept() -> None:
    def bought(day: float) -> e.Event:
        line = e.Line(product="p", amount="100", category="shoes")
        return a(e.PurchaseMade, day, purchase=examples.uid(f"p {day}"), total="100", lines=(line,))

    back = a(e.PurchaseReturned, 9, purchase=examples.uid("p 8"), total="100", lines=())
    textile = loyal(categories="t")
    assert ("commitment", "loyal-and-regular") in given(*textile, bought(8)).stages()
    assert "commitment" not in {stage for stage, _ in given(*textile, bought(8), back).stages()}
    kept = given(*textile, bought(7), bought(8), back)
    assert kept.profile()["purchases"]["categories"]["shoes"] == examples.day(7)
    assert ("commitment", "loyal-and-regular") in kept.stages()


def test_without_trust_there_is_no_commitment() -> None:
    assert "commitment" not in {stage for stage, _ in given(*purchases(*range(0, 240, 30))).stages()}


def test_commitment_fades_60_days_after_its_criteria_ceased_and_stays_a_stage() -> None:
    story = given(*loyal())
    last = examples.day(210)
    standing = [row for row in story.rows("standing") if row["stage"] == "commitment"]
    [turn] = [other["from_at"] for one, other in pairwise(standing) if not one["fading"] and other["fading"]]
    assert turn == last + 90 * DAY + 60 * DAY


def test_silence_beyond_180_days_dissolves() -> None:
    rows = given(*purchases(0, 20, 40)).rows("stages")
    assert (rows[-1]["stage"], rows[-1]["clause"]) == ("dissolution", "silent-too-long")
    assert rows[-1]["from_at"] == examples.day(40 + 180)


def test_a_slow_rhythm_of_their_own_allows_a_longer_silence_up_to_a_year() -> None:
    assert given(*purchases(0, 100, 200)).rows("stages")[-1]["from_at"] == examples.day(200 + 300)
    assert given(*purchases(0, 170, 340)).rows("stages")[-1]["from_at"] == examples.day(340 + 365)


def test_ended_by_them_dissolves_at_once() -> None:
    ended = a(e.RelationshipEnded, 9)
    row = given(*purchases(3), ended).rows("stages")[-1]
    assert (row["clause"], row["from_at"], row["reason"][0]["events"]) == ("ended", ended.at, [ended.id])


def test_a_grave_complaint_overdue_by_twice_its_time_dissolves_by_itself() -> None:
    opened = a(e.ComplaintOpened, 10, severity="critical")  # 24 hours around the clock
    row = given(*purchases(3), opened).rows("stages")[-1]
    assert row["clause"] == "left-with-a-grave-complaint"
    assert row["from_at"] == examples.day(10) + 3 * DAY
    assert row["reason"][0]["events"] == [opened.id]


def test_being_late_by_twice_the_time_counts_from_an_extension() -> None:
    until = examples.moment(60)
    story = [*purchases(3, 50), a(e.ComplaintOpened, 10), a(e.ComplaintExtended, 11, until=until)]
    row = given(*story).rows("stages")[-1]
    assert row["clause"] == "left-with-a-grave-complaint"
    assert examples.day(64) <= row["from_at"] <= examples.day(67)  # four working days after it, Friday to Wednesday


def test_broken_trust_dissolves_and_does_not_let_them_back_while_it_lasts() -> None:
    broken = [
        event
        for number in range(4)
        for event in (
            a(e.PromiseMade, 10 + number, promise=examples.uid(f"b{number}"), due=examples.moment(90)),
            a(e.PromiseBroken, 11 + number, promise=examples.uid(f"b{number}")),
        )
    ]
    story = given(*purchases(3), *broken)
    assert story.stages()[-1] == ("dissolution", "trust-broken")
    back = story.when(*purchases(20), *talks(21))
    assert stage_at(back, 22) == "dissolution"


def test_back_from_dissolution_by_a_new_purchase_and_a_talk() -> None:
    gone = given(*purchases(3), a(e.RelationshipEnded, 9))
    assert stage_at(gone.when(*purchases(20)), 25) == "dissolution"
    back = gone.when(*purchases(20), *talks(22))
    assert ("expansion", "came-back") in back.stages()
    assert stage_at(back.when(a(e.ComplaintOpened, 21)), 23) == "dissolution"


def test_the_way_back_to_commitment_is_harder() -> None:
    gone = [*purchases(0), a(e.RelationshipEnded, 9), *talks(19)]
    once = given(*gone, *loyal(20, 20, 8))
    assert stage_at(once, 165) == "expansion"
    again = given(*gone, *loyal(20, 20, 18))
    assert ("commitment", "loyal-again") in again.stages()
    entered = next(row["from_at"] for row in again.rows("stages") if row["clause"] == "came-back")
    back = next(row["from_at"] for row in again.rows("stages") if row["clause"] == "loyal-again")
    assert back >= entered + 180 * DAY


def test_who_came_back_fades_by_the_harder_criteria() -> None:
    gone = [*purchases(0), a(e.RelationshipEnded, 9), *talks(19)]
    again = given(*gone, *loyal(20, 20, 12), *loyal(300, 60, 8))  # at last seven purchases a year
    assert again.stages()[-2] == ("commitment", "loyal-again")
    assert again.at("standing", 721)[0]["fading"]
    first = given(*loyal(20, 20, 12), *loyal(300, 60, 8))
    assert first.stages()[1] == ("commitment", "loyal-and-regular")
    assert not first.at("standing", 721)[0]["fading"]


def test_events_of_one_instant_are_judged_together() -> None:
    assert given(a(e.CustomerRegistered, 0), *purchases(0)).stages()[0] == ("expansion", BOUGHT)


def test_an_event_that_is_not_cited_changes_nothing() -> None:
    cited = [*purchases(3, 10), a(e.CustomerRegistered, 0)]
    noted = [a(e.NoteAdded, 5), a(e.BroadcastSent, 6), a(e.BenefitGranted, 7)]
    assert given(*cited, *noted).rows("stages") == given(*cited).rows("stages")


def test_a_way_that_would_lead_back_through_other_stages_at_once_is_not_taken() -> None:
    # Given a ring of three stages, of which each way is open for ever once something has happened
    ring = [("awareness", "exploration", "inbound"), ("exploration", "expansion", "purchase"),
            ("expansion", "awareness", "complaint")]  # fmt: skip
    clauses = [{"name": "known", "from": ["start"], "to": "awareness", "all": []}] + [
        {"name": kind, "from": [here], "to": there, "all": [{"measure": "count", "of": [kind], "at_least": 1}]}
        for here, there, kind in ring
    ]
    document = shipped()
    rules = compile_rules(document | {"customers": [], "lifecycle": document["lifecycle"] | {"clauses": clauses}})
    # When the third one opens, which leads through the other two to where they are
    told = given(a(e.CallMade, 1), *purchases(10), a(e.ComplaintOpened, 20)).under(rules)
    # Then they stay where they are, since when they were there
    assert told.stages() == [("exploration", "inbound"), ("expansion", "purchase")]
