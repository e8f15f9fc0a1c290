"""Settings are checked when they are saved and tried without money; a provider may be changed under an integrator."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from connectors.simulators.webhook_sender import Credit, WebhookSender
from gateway import agencies, providers
from gateway.agencies import account
from gateway.connecting import check
from gateway.main import create_app
from gateway.settlement import inbox
from tests.gateway.api.conftest import Api
from tests.gateway.connecting.fair import PSPS, Fair
from tests.town import ACCOUNT, AGENCY, LE_PHI


@pytest.fixture
def api(fair: Fair) -> Iterator[Api]:
    with TestClient(create_app(fair.environment), follow_redirects=False) as client:
        yield Api(client, fair.api_key, iter(range(1_000)))


def use(fair: Fair, name: str, settings: dict[str, str], secrets: dict[str, str]) -> None:
    with fair.environment.begin(actor="test", agency=AGENCY) as uow:
        providers.use(uow, AGENCY, name, settings, secrets)


@pytest.mark.parametrize(
    ("name", "change", "field"),
    [
        ("vnpay", {"host": "http://sandbox.vnpayment.vn"}, "host"),
        ("vnpay", {"host": "sandbox.vnpayment.vn"}, "host"),
        ("vnpay", {"server_ip": "here"}, "server_ip"),
        ("vnpay", {"account": "1100 0001"}, "account"),
        ("vnpay", {"tmn_code": ""}, "tmn_code"),
        ("vietinbank", {"bank_public_key": "-----BEGIN PUBLIC KEY-----"}, "bank_public_key"),
        ("webhook", {"tolerance_s": "five"}, "tolerance_s"),
    ],
)
def test_what_is_not_saved(fair: Fair, name: str, change: dict[str, str], field: str) -> None:
    private = (fair.environment.settings.keys / "signer.key").read_text()
    known = {
        "vnpay": fair.setting("vnpay"),
        "vietinbank": ({"bank_public_key": fair.bank.public_key_pem()}, {"private_key": private}),
        "webhook": ({}, {"signing_keys": "a-key-that-is-long-enough-1"}),
    }
    settings, secrets = known[name]
    with pytest.raises((providers.SettingMissing, providers.SettingUnreadable)) as refused:
        use(fair, name, settings | change, secrets)
    assert refused.value.field == field
    with pytest.raises(providers.SettingUnreadable):
        use(fair, "vietinbank", known["vietinbank"][0], {"private_key": "x"})


@pytest.mark.parametrize("name", [*PSPS, "vietinbank"])
def test_a_good_connection_passes_every_trial(fair: Fair, name: str) -> None:
    findings = check.check(fair.environment, AGENCY, name, online=True)
    assert [one for one in findings if not one.ok] == []
    assert {one.what for one in findings} >= {"settings", "account", "answers", "a stranger's message"}
    assert len(fair.counters[name].calls if name in PSPS else [1]) == 1, "the one question that was asked for"


def test_what_a_trial_finds(fair: Fair) -> None:
    settings, secrets = fair.setting("vnpay")
    use(fair, "vnpay", settings | {"account": "999"}, {"hash_secret": "another-secret"})
    found = {one.what: one for one in check.check(fair.environment, AGENCY, "vnpay", online=True)}
    assert not found["account"].ok
    assert not found["online"].ok and found["online"].detail == "signature.invalid"
    with pytest.raises(providers.ConnectorNotSet):
        check.check(fair.environment, AGENCY, "webhook")


def test_channels_are_what_the_agency_has_set_up(fair: Fair, api: Api) -> None:
    def pay(channel: str) -> tuple[int, str]:
        answer = api.post("/api/v1/payments", {"dossier_id": fair.dossier(LE_PHI).dossier.id, "channel": channel})
        return answer.status_code, answer.json().get("code", "")

    assert pay("vnpay") == (201, "")
    assert pay("pos") == (409, "payment.channel_not_set")
    assert pay("cash") == (409, "payment.channel_not_set")
    assert pay("cheque") == (422, "payment.channel")
    settings, secrets = fair.setting("vnpay")
    use(fair, "vnpay", settings | {"account": "999"}, secrets)
    assert pay("vnpay") == (409, "payment.channel_not_set")
    made = api.post("/api/v1/payments", {"dossier_id": fair.dossier(LE_PHI).dossier.id, "channel": "vnptpay"}).json()
    assert made["redirect_url"] is None and made["vietqr"] is None
    fair.speak()
    assert api.get(f"/api/v1/payments/{made['id']}").json()["redirect_url"].startswith("https://psp.example/pay/")


def test_a_bank_is_changed_and_integrators_notice_nothing(fair: Fair, api: Api) -> None:
    """From VietinBank to a signed webhook: the same calls, and codes scanned before the change still find their due."""

    def begin() -> dict[str, str]:
        body = {"dossier_id": fair.dossier(LE_PHI).dossier.id, "channel": "vietqr"}
        answer: dict[str, str] = api.post("/api/v1/payments", body).json()
        return answer

    old = begin()
    sender, now = WebhookSender(("signing-key-of-the-new-bank-0001",)), fair.environment.clock()
    use(fair, "webhook", {}, {"signing_keys": "signing-key-of-the-new-bank-0001"})
    with fair.environment.begin(actor="test", agency=AGENCY) as uow:
        uow.connection.execute(account.update().values(connector="webhook"))
    new = begin()
    assert old.keys() == new.keys() and new["account"] == old["account"]
    for number, made in enumerate((old, new)):
        credit = Credit(f"W{number}", ACCOUNT, 135_000, made["reference"], now)
        for sent in sender.deliveries(credit, now, bits=random.Random(1).getrandbits):
            assert inbox.receive(fair.environment, AGENCY, "webhook", sent.request).status == 200
    fair.work()
    assert {api.get(f"/api/v1/payments/{made['id']}").json()["status"] for made in (old, new)} == {"paid"}
    with fair.environment.read() as connection:
        assert [one.connector for one in agencies.accounts_of(connection, AGENCY)] == ["webhook"] * 2
    fair.ties()


def test_how_they_are_doing_is_told(fair: Fair, api: Api) -> None:
    told = api.get("/api/v1/providers").json()["data"]
    assert [(one["connector"], one["state"], one["sentence_vi"]) for one in told] == [
        ("vietinbank", "ok", None),
        ("vnpay", "ok", None),
        ("vnptpay", "ok", None),
    ]
    metrics = api.client.get("/metrics").text
    assert f'thuphi_provider_state{{agency="{AGENCY}",connector="vnpay",state="ok"}} 1.0' in metrics
