"""Who pays: what is accepted, how it is spelt, what others may see."""

from __future__ import annotations

import pytest

from gateway.dues.payer import PayerFacts, checked


def flaws(**facts: str) -> list[str]:
    return [problem.field for problem in checked(PayerFacts(**{"name": "An", **facts}))[1]]


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "Nguyễn Văn An"},
        {"id_number": "038090001234"},
        {"id_number": "171234567"},
        {"id_number": "038 090 001 234"},
        {"tax_code": "0100109106"},
        {"tax_code": "0100109106-001"},
        {"tax_code": "0100109106001"},
        {"tax_code": "038090001234"},
        {"email": "an.nguyen@mail.example.vn"},
        {"phone": "+84 912.345.678"},
    ],
)
def test_what_a_payer_may_bring(facts: dict[str, str]) -> None:
    assert flaws(**facts) == []


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "  "}, "payer.name"),
        ({"name": "An\x00"}, "payer.name"),
        ({"name": "A" * 201}, "payer.name"),
        ({"id_number": "03809000123"}, "payer.id_number"),
        ({"id_number": "03809000123X"}, "payer.id_number"),
        ({"id_number": "٠٣٨٠٩٠٠٠١٢٣٤"}, "payer.id_number"),
        ({"tax_code": "0100109107"}, "payer.tax_code"),
        ({"tax_code": "01001091"}, "payer.tax_code"),
        ({"tax_code": "0100109106-01"}, "payer.tax_code"),
        ({"email": "an@"}, "payer.email"),
        ({"email": "an @example.vn"}, "payer.email"),
        ({"phone": "1900"}, "payer.phone"),
        ({"address": "x" * 301}, "payer.address"),
    ],
)
def test_each_flaw_of_a_payer_names_its_field(facts: dict[str, str], field: str) -> None:
    assert flaws(**facts) == [field]


def test_all_flaws_are_told_at_once() -> None:
    assert flaws(name="", id_number="1", email="x") == ["payer.name", "payer.id_number", "payer.email"]


def test_one_spelling_is_kept() -> None:
    facts, _ = checked(PayerFacts("  Nguyễn   Văn\tAn ", tax_code="0100109106001", phone="0912 345-678"))
    assert facts == PayerFacts("Nguyễn Văn An", tax_code="0100109106-001", phone="0912345678")


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (PayerFacts("Nguyễn Văn An"), "person"),
        (PayerFacts("Nguyễn Văn An", id_number="038090001234", tax_code="8000000001"), "person"),
        (PayerFacts("Nguyễn Văn An", tax_code="038090001234"), "person"),
        (PayerFacts("Công ty Hàm Rồng", tax_code="0100109106"), "organisation"),
    ],
)
def test_an_organisation_is_known_by_its_tax_code_alone(facts: PayerFacts, kind: str) -> None:
    assert facts.kind == kind


def test_a_person_is_shown_masked_and_an_organisation_by_name() -> None:
    assert PayerFacts("Nguyễn Văn An").masked == "Ng*** V** A*"
    assert PayerFacts("An").masked == "A*"
    assert PayerFacts("Công ty Hàm Rồng", tax_code="0100109106").masked == "Công ty Hàm Rồng"


def test_nothing_of_a_payer_shows_in_a_repr() -> None:
    facts = PayerFacts("Nguyễn Văn An", "038090001234", "0100109106", "Hạc Thành", "an@example.vn", "0912345678")
    assert repr(facts) == "PayerFacts()"
