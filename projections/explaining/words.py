"""Explanations in words, in the languages there are."""

from typing import Literal, get_args
from zoneinfo import ZoneInfo

from domain.openings import zone_named
from projections.explaining.answer import Explanation
from projections.explaining.telling import lines
from projections.explaining.tongue import Tongue
from projections.explaining.words_en import ENGLISH
from projections.explaining.words_id import INDONESIAN

Language = Literal["en", "id"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
TONGUES: dict[Language, Tongue] = {"en": ENGLISH, "id": INDONESIAN}


def words(said: Explanation, language: Language) -> list[tuple[int, str]]:
    """Sentences with their level: 1 stands under the one before, 2 under that. Dates are in the customer's own time."""
    zone = _zone(said.zone)
    tongue = TONGUES[language]
    return [(line.level, tongue.say(line, zone)) for line in lines(said)]


def listed(language: Language) -> str:
    """Where a command lists the events that an explanation rests on."""
    return TONGUES[language].sentences["listed"]


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except ValueError:  # a zone that this machine does not know
        return ZoneInfo("UTC")
