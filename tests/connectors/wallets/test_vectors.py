"""The example wallets hold the published messages of payOS and Casso, and the texts that the others' rules give."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.contract import Answer, Call, Desk, Forged, Notice, Order, Outcome, Reply, Request
from connectors.reference import make

VECTORS = json.loads((Path(__file__).parents[2] / "golden/connectors/wallet_vectors.json").read_text("utf-8"))
WALLETS = Path(__file__).parents[1] / "example_wallets"
MOMENT = datetime(2025, 11, 21, 1, 55, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(WALLETS)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "example_wallets"]:
        sys.modules.pop(name)


def vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(vector for vector in VECTORS if vector["name"] == name)
    return found


def posted(message: object, headers: dict[str, str] | None = None) -> Request:
    return Request("POST", "/", json.dumps(message, ensure_ascii=False).encode(), headers or {})


def test_payos_published_webhook_is_read() -> None:
    from example_wallets.payos import PayOS

    known = vector("payos_webhook")
    desk = Desk({}, MOMENT, secrets={"checksum_key": known["key"]})
    message = {"code": "00", "desc": "success", "data": known["fields"], "signature": known["signature"]}
    notice = PayOS().receive(posted(message), desk)
    assert isinstance(notice, Notice)
    assert (notice.event_id, notice.amount, notice.account) == ("TF230204212323", 3_000, "12345678")
    assert (notice.memo, notice.order_code, notice.outcome) == ("VQRIO123", "123", Outcome.PAID)
    assert notice.occurred_at == datetime(2023, 2, 4, 11, 25, tzinfo=UTC)
    other = {**message, "data": {**known["fields"], "amount": 3_001}}
    assert PayOS().receive(posted(other), desk) == Forged("signature.invalid")


def test_payos_takes_null_for_nothing() -> None:
    from example_wallets.payos import PayOS

    known = vector("payos_webhook")
    desk = Desk({}, MOMENT, secrets={"checksum_key": known["key"]})
    fields = {name: value if value != "" else None for name, value in known["fields"].items()}
    message = {"data": fields, "signature": known["signature"].upper()}
    assert isinstance(PayOS().receive(posted(message), desk), Notice)


def test_casso_published_webhook_is_read_in_any_order_and_layout() -> None:
    from example_wallets.casso import Casso

    known = vector("casso_webhook_v2")
    desk = Desk({}, MOMENT, secrets={"checksum_key": known["key"]})
    stamp = known["signed_text"].partition(".")[0]
    headers = {"x-casso-signature": f"t={stamp},v1={known['signature']}"}
    for indent in (None, 2):
        body = json.dumps(known["fields"], ensure_ascii=indent is None, indent=indent).encode()
        notice = Casso().receive(Request("POST", "/", body, headers), desk)
        assert isinstance(notice, Notice)
        assert (notice.event_id, notice.amount, notice.direction) == ("0", 599_000, "CRDT")
        assert (notice.bank_reference, notice.account) == ("MA_GIAO_DICH_THU_NGHIEM", "88888888")
    other = body.replace(b"599000", b"599001")
    assert Casso().receive(Request("POST", "/", other, headers), desk) == Forged("signature.invalid")


def test_sepay_signed_text_is_timestamp_and_raw_body() -> None:
    from example_wallets.sepay import SePay

    known = vector("sepay_webhook")
    timestamp, _, body = known["signed_text"].partition(".")
    headers = {"x-sepay-timestamp": timestamp, "x-sepay-signature": f"sha256={known['signature']}"}
    now = datetime.fromtimestamp(int(timestamp), UTC)
    desk = Desk({}, now, secrets={"webhook_secret": known["key"]})
    received = SePay().receive(Request("POST", "/", body.encode(), headers), desk)
    assert not isinstance(received, Forged)  # the vector's message leaves the date out
    late = Desk({}, now + timedelta(seconds=301), secrets=desk.secrets)
    assert SePay().receive(Request("POST", "/", body.encode(), headers), late) == Forged("timestamp.stale")


def test_momo_ipn_holds() -> None:
    from example_wallets.momo import MoMo

    known = vector("momo_ipn")
    fields = dict(pair.split("=", 1) for pair in known["signed_text"].split("&"))
    desk = Desk(
        {"partner_code": "PC"}, MOMENT, secrets={"access_key": fields.pop("accessKey"), "secret_key": known["key"]}
    )
    notice = MoMo().receive(posted({**fields, "signature": known["signature"]}), desk)
    assert isinstance(notice, Notice)
    assert (notice.event_id, notice.order_code, notice.amount, notice.outcome) == (
        "99",
        "PAY0001",
        50_000,
        Outcome.PAID,
    )
    other = Desk({"partner_code": "PX"}, MOMENT, secrets=desk.secrets)
    assert not isinstance(MoMo().receive(posted({**fields, "signature": known["signature"]}), other), Notice)


def test_zalopay_create_signs_the_published_text() -> None:
    from example_wallets.zalopay import ZaloPay

    from connectors.signing import hmac_sha256_sign

    known = vector("zalopay_create")
    assert hmac_sha256_sign(known["signed_text"], known["key"]) == known["signature"]
    order = Order("PAY0001", 50_000, "Nop le phi", MOMENT, MOMENT + timedelta(minutes=15))
    desk = Desk({"app_id": "2553"}, MOMENT, secrets={"key1": known["key"], "key2": "x"})
    call = ZaloPay().start(order, desk)
    sent = {name: value for name, (value,) in parse_qs(call.body.decode(), keep_blank_values=True).items()}
    signed = "|".join(sent[name] for name in known_order())
    assert sent["app_trans_id"] == "251121_PAY0001"
    assert sent["mac"] == hmac_sha256_sign(signed, known["key"])


def known_order() -> tuple[str, ...]:
    return ("app_id", "app_trans_id", "app_user", "amount", "app_time", "embed_data", "item")


def test_a_reference_travels_to_payos_as_a_number_and_comes_back() -> None:
    from random import Random

    from example_wallets.payos_number import number_of, reference_of_number

    random = Random(2026)
    for _ in range(500):
        reference = make(random.randrange)
        assert reference_of_number(str(number_of(reference))) == reference
        assert number_of(reference) < 1 << 53  # what JavaScript keeps whole


def test_an_answer_for_another_order_is_none() -> None:
    from example_wallets.momo import MoMo

    order = Order("PAY0001", 50_000, "Nop le phi", MOMENT, MOMENT + timedelta(minutes=15))
    desk = Desk(
        {"partner_code": "PC", "ipn_url": "https://gw.example/"}, MOMENT, secrets={"access_key": "a", "secret_key": "b"}
    )
    call = MoMo().start(order, desk)
    assert isinstance(call, Call)
    told = {"resultCode": 0, "orderId": "PAY0002", "payUrl": "https://pay.momo.vn/1"}
    answer = MoMo().read(call, Reply(200, json.dumps(told).encode()), desk)
    assert answer == Answer(Outcome.UNKNOWN, "answer.other_order")
