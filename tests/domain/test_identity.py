"""People are recognised however their numbers, addresses and names are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidIdentifier
from domain.events import PointKind
from domain.identity import guess_kind, name_prefixes, name_query, normal


@pytest.mark.parametrize(
    ("given_text", "region", "e164"),
    [
        ("0812-3456-7890", "ID", "+6281234567890"),
        ("+62 812 3456 7890", "GB", "+6281234567890"),
        ("(021) 390 5000", "ID", "+62213905000"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("00442079460958", "DE", "+442079460958"),
        (" tel:+6281234567890 ", "ID", "+6281234567890"),
        ("+39 06 698 12345", "ID", "+390669812345"),  # Italy keeps its zero
    ],
)
def test_telephone_numbers_become_e164(given_text: str, region: str, e164: str) -> None:
    assert normal("phone", given_text, region) == normal("whatsapp", given_text, region) == ("phone", e164)


@pytest.mark.parametrize("text", ["", "12", "phone", "+999 1234567", "0812 3456 7890 1234 5678", "+"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        normal("phone", text, "ID")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ani@Example.com", "ani@example.com"),
        ("ani+shop@example.com", "ani+shop@example.com"),
        ("ani@bücher.example", "ani@bücher.example"),
        ("ani@xn--bcher-kva.example", "ani@bücher.example"),
    ],
)
def test_addresses_have_one_normal_form(text: str, folded: str) -> None:
    assert normal("email", text, "ID") == ("email", folded)


@pytest.mark.parametrize(
    "text", ["", "ani", "ani@", "@example.com", "a b@example.com", "ani@example..com", "ani@@example.com"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        normal("email", text, "ID")


def test_external_ids_are_of_their_scheme_and_tell_cases_apart() -> None:
    assert normal("external", " C-1 ", "ID", "crm") == ("external:crm", "C-1")
    assert normal("external", "c-1", "ID", "crm") != normal("external", "C-1", "ID", "crm")
    assert normal("external", "C-1", "ID", "erp") != normal("external", "C-1", "ID", "crm")
    for scheme in (None, "", "CRM", "1a", "a b"):
        with pytest.raises(InvalidIdentifier):
            normal("external", "C-1", "ID", scheme)


@pytest.mark.parametrize("kind", ["telegram", "messenger", "postal"])
def test_other_points_fold_case_and_space(kind: PointKind) -> None:
    assert normal(kind, "  Jl. Merdeka   1 ", "ID") == (kind, "jl. merdeka 1")


def test_a_bare_point_is_an_address_if_it_has_an_at_sign() -> None:
    assert (guess_kind("a@b"), guess_kind("0812")) == ("email", "phone")


def finds(query: str, name: str) -> bool:
    prefixes = name_prefixes(name)
    words = name_query(query)
    return bool(words) and all(word & prefixes for word in words)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Sukarno", "Soekarno"), ("Soekarno", "Sukarno"), ("soek", "Ahmad Sukarno"), ("suk ah", "Ahmad Soekarno"),
        ("Cokro", "Tjokroaminoto"), ("Tjokro", "Cokroaminoto"), ("Joko", "Djoko"), ("djok", "Joko Widodo"), ("Yusuf", "Jusuf"),
        ("Jusuf", "Yusuf Kalla"), ("Achmad", "Akhmad"), ("Nyoman", "Njoman"), ("Syahrir", "Sjahrir"), ("renee", "Renée Dupont"),
        ("O'Brien", "OBrien"), ("obrien", "O’Brien"), ("SITI", "siti"), ("si", "Siti"), ("Widodo Joko", "Joko Widodo"),
    ],
)  # fmt: skip
def test_names_meet_across_spellings(query: str, name: str) -> None:
    assert finds(query, name)


@pytest.mark.parametrize(
    ("query", "name"),
    [("Siti Aminah", "Siti"), ("iti", "Siti"), ("Budi", "Siti Rahayu"), ("", "Siti"), ("' -", "Siti")],
)
def test_names_do_not_meet_by_chance(query: str, name: str) -> None:
    assert not finds(query, name)


@given(
    st.lists(st.text(st.characters(categories=["L", "M"]), min_size=2, max_size=12), min_size=1, max_size=3), st.data()
)
def test_any_beginnings_of_any_words_find_the_name(words: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(words), min_size=1, max_size=3))
    query = [word[: data.draw(st.integers(2, len(word)))] for word in chosen]
    spelt = name_query(" ".join(query))
    if spelt and all(len(letters) > 1 for word in spelt for letters in word):  # a mark is no letter
        assert finds(" ".join(query), " ".join(words))
