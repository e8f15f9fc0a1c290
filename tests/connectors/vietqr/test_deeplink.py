"""Links to bank apps are the agency's decision, carry the transfer exactly, and go nowhere else than it decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.vietqr.banks import bank
from connectors.vietqr.deeplink import LinksUnreadable, Transfer, links, listed, of

TRANSFER = Transfer(
    bin="970415",
    account="113000000001",
    holder="TRUNG TAM PHUC VU & HCC",
    amount=150_000,
    memo="BLQ84G7ZWYRD",
    return_url="https://pay.example.vn/vi/pay/abc?x=1#y",
)
ON = of({"enabled": True})
TODAY = date(2026, 3, 1)


def test_nothing_is_offered_until_an_agency_wants_it() -> None:
    assert links(listed(), TRANSFER, TODAY) == ()
    assert links(of({}), TRANSFER, TODAY) == ()


def test_a_link_carries_the_transfer_exactly() -> None:
    link = next(link for link in links(ON, TRANSFER, TODAY) if link.bin == "970418")
    address = urlsplit(link.url)
    assert (address.scheme, address.netloc, address.path) == ("https", "dl.vietqr.io", "/pay")
    assert {name: value for name, (value,) in parse_qs(address.query, keep_blank_values=True).items()} == {
        "app": "bidv",
        "ba": "113000000001@icb",
        "am": "150000",
        "tn": "BLQ84G7ZWYRD",
        "bn": "TRUNG TAM PHUC VU & HCC",
        "url": TRANSFER.return_url,
    }
    assert TRANSFER.account not in repr(link)


def test_an_app_fills_in_from_its_month_on_and_those_come_first() -> None:
    def filling(day: date) -> set[str]:
        found = links(ON, TRANSFER, day)
        assert [link.fills for link in found] == sorted((link.fills for link in found), reverse=True)
        return {link.bin for link in found if link.fills}

    assert filling(date(2024, 4, 30)) == set()
    assert filling(date(2026, 1, 31)) == {"970448", "970416", "970418"}
    assert filling(date(2026, 2, 1)) == {"970448", "970416", "970418", "970415"}
    assert filling(date(2026, 7, 1)) == {"970448", "970416", "970418", "970415", "970422"}


def test_every_app_belongs_to_a_listed_bank() -> None:
    assert all(bank(app.bin) for app in listed().apps)


def test_an_agency_has_its_own_table() -> None:
    app = {"app": "own", "name": "Own", "bin": "970436", "fills_since": "2026-03"}
    decided = of({"enabled": True, "pattern": "https://links.example.vn/{bin}/{account}?a={amount}", "apps": [app]})
    (link,) = links(decided, replace(TRANSFER, account="A/B?"), TODAY)
    assert (link.url, link.fills) == ("https://links.example.vn/970415/A%2FB%3F?a=150000", True)
    assert of({"enabled": True, "apps": []}).apps == ()


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({"enabled": "yes"}, "enabled"),
        ({"on": True}, "on"),
        ({"pattern": "http://dl.example/pay"}, "pattern"),
        ({"pattern": "https://{bank}.example/pay"}, "pattern"),
        ({"pattern": "https://dl.example@{memo}/pay"}, "pattern"),
        ({"pattern": "https://dl.example/{secret}"}, "pattern"),
        ({"pattern": "https://dl.example/{memo.__class__}"}, "pattern"),
        ({"pattern": "https://dl.example/{memo!r}"}, "pattern"),
        ({"pattern": "https://dl.example/{"}, "pattern"),
        ({"pattern": 1}, "pattern"),
        ({"apps": {}}, "apps"),
        ({"apps": ["icb"]}, "apps[0]"),
        ({"apps": [{"app": "icb", "name": "A", "bin": "1"}]}, "apps[0].bin"),
        ({"apps": [{"app": "i&b", "name": "A", "bin": "970415"}]}, "apps[0]"),
        ({"apps": [{"app": "icb", "name": "A", "bin": "970415", "fills_since": "soon"}]}, "apps[0].fills_since"),
    ],
)
def test_a_table_that_cannot_be_used_says_where(table: dict[str, Any], field: str) -> None:
    with pytest.raises(LinksUnreadable) as refused:
        of(table)
    assert refused.value.field == field
