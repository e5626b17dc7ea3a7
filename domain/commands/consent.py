"""Commands on what they agreed to and how they wish to be treated."""

from domain import events as e
from domain.commands.checks import ahead, changing
from domain.commands.command import Command, Situation
from domain.commands.refusals import ContradictoryWishes
from domain.facts import NEVER, Consent, micros

_WISHES = (
    "preferred", "allowed", "refused", "windows", "cadence", "staff", "staff_traits", "benefits", "topics"
)  # fmt: skip


def _said(wish: e.ConsentGranted | e.ConsentWithdrawn, s: Situation) -> Consent | None:
    """What they said last of exactly this purpose and channel."""
    said = [k for k in s.facts.consents.values() if (k.purpose, k.channel) == (wish.purpose, wish.channel)]
    return max(said, key=lambda consent: consent.at, default=None)


def _grant(wish: e.ConsentGranted, s: Situation) -> None:
    ahead(wish.until, s, "/until")
    last = _said(wish, s)
    until = NEVER if wish.until is None else micros(wish.until)
    newer = any(consent.at > last.at and not consent.granted for consent in s.facts.consents.values()) if last else True
    changing(
        last is None or not last.granted or last.until != until or newer,
        "they agreed to exactly this already",
        since=last.at if last else None,
        events=[last.id] if last else [],
    )


def _withdraw(wish: e.ConsentWithdrawn, s: Situation) -> None:
    last = _said(wish, s)
    newer = any(consent.at > last.at and consent.granted for consent in s.facts.consents.values()) if last else True
    changing(
        last is None or last.granted or newer,
        "they withdrew exactly this already",
        since=last.at if last else None,
        events=[last.id] if last else [],
    )


def _state(wish: e.PreferenceStated, s: Situation) -> None:
    wishes = s.facts.wishes
    preferred = wishes.preferred if wish.preferred is None else wish.preferred
    refused = wishes.refused if wish.refused is None else wish.refused
    if both := [channel for channel in preferred if channel in refused]:
        raise ContradictoryWishes(
            f"{', '.join(both)} would be preferred and refused at once; say both lists as they are to be",
            pointer="/preferred" if wish.preferred is not None else "/refused",
        )
    given = {name: getattr(wish, name) for name in _WISHES}
    rest = wishes.rest_until if wish.rest_until is None else micros(wish.rest_until)
    changing(
        rest != wishes.rest_until or any(v is not None and v != getattr(wishes, n) for n, v in given.items()),
        "they wish all of this already, or nothing was given",
    )


COMMANDS = (
    Command("grant-consent", e.ConsentGranted, "They agree to be contacted", _grant),
    Command("withdraw-consent", e.ConsentWithdrawn, "They agree no longer", _withdraw),
    Command("state-preference", e.PreferenceStated, "How they wish to be treated; what is left out stays", _state),
)
