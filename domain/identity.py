"""How people are recognised: contact points in one normal form, and names in a folded spelling.

Telephone numbers become E.164 (ITU-T) with `phonenumbers`, e-mail addresses the normal form of `email-validator` with the
whole address folded to lower case, as no provider in use tells cases apart. Names are folded so that old and new Indonesian
spelling (Ejaan van Ophuijsen 1901, Soewandi 1947, EYD 1972) meet: Soekarno and Sukarno, Tjokro and Cokro, Djoko and Joko.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from domain.errors import InvalidIdentifier
from domain.events import PointKind

OWN = "urn:jejak:"  # how the sources of Jejak's own events begin
TELEPHONIC = ("phone", "whatsapp")
SUBJECT = re.compile(r"^(?P<scheme>[a-z][a-z0-9.+-]{0,39}):(?P<value>\S.{0,198}\S|\S)\Z")
UUID = re.compile(r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\Z")

# Order matters: digraphs before single letters, and `tj` before `j`.
SPELLING = (("oe", "u"), ("tj", "c"), ("dj", "j"), ("sj", "sy"), ("nj", "ny"), ("ch", "kh"), ("ie", "i"))
LONGEST = 24  # letters of a prefix
_NO_LETTER = re.compile(r"[^\w]")
_J_AS_Y = re.compile(r"(?<![dtsn])j(?=[aeiou])")


@lru_cache(maxsize=65_536)
def normal(kind: PointKind, value: str, region: str, scheme: str | None = None) -> tuple[str, str]:
    """The (kind, text) by which a contact point or external id is known; InvalidIdentifier where it cannot be read."""
    value = value.strip()
    if kind in TELEPHONIC:
        return kind if kind != "whatsapp" else "phone", _telephone(value, region)
    if kind == "email":
        return kind, _email(value)
    if kind == "external":
        if not scheme:
            raise InvalidIdentifier("an external id needs the scheme that issued it, e.g. crm", pointer="/data/scheme")
        if not SUBJECT.match(f"{scheme}:{value}"):
            raise InvalidIdentifier(
                f"{scheme}:{value} could not stand as a subject; "
                "a scheme of small letters (e.g. crm) and a value of 1 to 200 characters could",
                pointer="/data/scheme",
            )
        return f"external:{scheme}", value
    text = " ".join(value.split()).casefold()
    if not text:
        raise InvalidIdentifier(
            "the contact point is blank; it has to be the address or account name itself", pointer="/data/value"
        )
    return kind, text


def _telephone(value: str, region: str) -> str:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException as e:
        raise InvalidIdentifier(
            f"the telephone number cannot be read ({e}); +62 812 3456 7890 could be", pointer="/data/value"
        ) from None
    if not phonenumbers.is_possible_number(number):
        raise InvalidIdentifier(
            "the telephone number has too few or too many digits for its country", pointer="/data/value"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError as e:
        raise InvalidIdentifier(f"the e-mail address cannot be read: {e}", pointer="/data/value") from None


def guess_kind(value: str) -> PointKind:
    """What a bare contact point is: an e-mail address, or else a telephone number."""
    return "email" if "@" in value else "phone"


def _letters(word: str) -> str:
    """A word without case, marks and punctuation."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
    return _NO_LETTER.sub("", plain)


def _modern(letters: str) -> str:
    for old, new in SPELLING:
        letters = letters.replace(old, new)
    return letters


def spellings(word: str) -> set[str]:
    """The forms under which a word is found: as written, in new spelling, and with an old `j` as today's `y` (Jusuf, Yusuf)."""
    written = _letters(word)
    return {written, _modern(written), _modern(_J_AS_Y.sub("y", written))} - {""}


def name_prefixes(name: str) -> set[str]:
    """Every prefix, of two letters or more, of every word of a name (of one letter, where that is the whole word)."""
    return {
        s[:n] for word in name.split() for s in spellings(word) for n in range(min(2, len(s)), min(len(s), LONGEST) + 1)
    }


def name_query(text: str) -> list[set[str]]:
    """For each word of a search the prefixes of which one has to match."""
    return [{s[:LONGEST] for s in spellings(word)} for word in text.split() if spellings(word)]


def suggested(ref: Any, source: str) -> bool:
    """Whether a reference names a contact that nobody planned, as queues do: by its rhythm, or its occasion and date.

    Only Jejak itself speaks so; the same words of another system are a reference of that system.
    """
    return isinstance(ref, str) and source.startswith(OWN) and (ref == "rhythm" or " " in ref)
