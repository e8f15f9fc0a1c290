"""Registering dossiers: priced, sealed, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from gateway.agencies import AgencyEnded, AgencyMissing
from gateway.dues import store
from gateway.dues.catalogue import import_catalogue
from gateway.dues.draft import DossierRequest
from gateway.dues.model import DueRequest, DueStatus, EntitlementClaim, Phase
from gateway.dues.payer import PayerFacts
from gateway.dues.problems import DossierDiffers, DossierInvalid
from gateway.dues.register import as_contract, register, register_many
from gateway.dues.store import DossierView
from gateway.kernel import audit, outbox
from gateway.kernel.errors import Invalid, ThuPhiError
from gateway.kernel.uow import Environment

Asked = Callable[..., DossierRequest]

LEVEL_2 = EntitlementClaim("TT117", "Ảnh màn hình của ông Nguyễn Văn An", "cán bộ Lê B")


def keep(desk: Environment, request: DossierRequest) -> DossierView:
    with desk.begin(actor="key_1", agency=request.agency_id) as uow:
        return register(uow, request)


def count(desk: Environment, table: sa.Table) -> int:
    with desk.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_dossier_is_answered_in_the_words_of_the_contract(desk: Environment, asked: Asked) -> None:
    view = keep(desk, asked("cc-doi-1", DueRequest("ct-saoy-1", quantity=2, value=10, phase=Phase.RETURN)))
    told = as_contract(view)
    assert told["amount"] == 25_000 + 24_000
    assert [due["status"] for due in told["dues"]] == ["open", "open"]
    assert told["dues"][0]["reduction"] == {
        "rule": "TT64-50",
        "ground": "Thông tư 64/2025/TT-BTC",
        "amount_off": 25_000,
    }
    chosen = {"fee_code": "ct-saoy-1", "kind": "PHI", "amount": 24_000, "base_amount": 24_000, "agency": "th"}
    assert chosen.items() <= told["dues"][1].items()
    assert told["dues"][1]["phase"] == "return"
    assert "reduction" not in told["dues"][1]
    assert json.loads(json.dumps(told)) == told


def test_the_day_of_acceptance_sets_the_tariff(desk: Environment, asked: Asked) -> None:
    assert keep(desk, asked("cc-doi-1")).dossier.accepted_on == date(2026, 11, 24)
    view = keep(desk, asked("cc-doi-1", dossier_code="2", accepted_on=date(2025, 6, 30)))
    assert view.amount == 50_000


def test_the_procedure_is_named_from_the_catalogue(desk: Environment, asked: Asked) -> None:
    assert keep(desk, asked("cc-doi-1")).dossier.procedure_name == "Cấp đổi thẻ căn cước"


def test_a_payer_is_sealed_masked_and_found_by_number(desk: Environment, asked: Asked) -> None:
    request = asked("cc-doi-1")
    row = keep(desk, request).dossier
    assert store.payer(row, desk.vault) == request.payer
    assert (row.payer_kind, row.payer_masked) == ("person", "Ng*** V** A*")
    assert row.payer_index == desk.vault.blind("payer", "038090001234")
    assert keep(desk, asked("cc-doi-1", dossier_code="2", payer=PayerFacts("An"))).dossier.payer_index is None


def test_no_personal_data_stands_open_in_the_database(desk: Environment, asked: Asked) -> None:
    keep(desk, asked(DueRequest("cc-doi-1", entitlement=LEVEL_2), "lltp-1"))
    with desk.read() as connection:
        tables = (store.dossier, store.due, store.due_version, outbox.event, audit.leaf)
        rows = [tuple(row) for table in tables for row in connection.execute(sa.select(table))]
    everything = " ".join(str(cell) for row in rows for cell in row)
    everything += " ".join(
        bytes(cell).decode(errors="replace") for row in rows for cell in row if isinstance(cell, bytes)
    )
    assert "TT117-4" in everything
    for secret in ("Văn An", "038090001234", "Hạc Thành", "an@example.vn", "0912345678", "Ảnh màn hình", "Lê B"):
        assert secret not in everything


def test_a_due_of_zero_ends_exempt_and_is_told(desk: Environment, asked: Asked) -> None:
    view = keep(desk, asked(DueRequest("cc-doi-1", entitlement=LEVEL_2), "lltp-1"))
    exempt, open_ = view.dues
    assert (exempt.status, exempt.amount, exempt.base_amount) == (DueStatus.EXEMPT, 0, 50_000)
    assert (open_.status, view.amount) == (DueStatus.OPEN, 200_000)
    assert store.claim(exempt, desk.vault) == LEVEL_2
    with desk.read() as connection:
        rows = list(connection.execute(sa.select(outbox.event).order_by(outbox.event.c.kind)))
    assert [(row.kind, row.subject) for row in rows] == [
        ("dossier.registered", view.dossier.id),
        ("due.exempted", exempt.id),
    ]
    told = json.loads(rows[1].body)
    assert (told["base_amount"], told["reduction"]["amount_off"]) == (50_000, 50_000)
    assert told["ground"].startswith("Thông tư 117/2026/TT-BTC")


def test_the_same_dossier_again_is_found_not_doubled(desk: Environment, asked: Asked) -> None:
    first = keep(desk, asked("cc-doi-1"))
    spelt = replace(asked("cc-doi-1").payer, name=" Nguyễn  Văn An", phone="0912 345 678")
    again = keep(desk, asked("cc-doi-1", payer=spelt))
    assert again == first
    assert (count(desk, store.dossier), count(desk, store.due), count(desk, outbox.event)) == (1, 1, 1)


@pytest.mark.parametrize("change", [{"payer": PayerFacts("Trần B")}, {"accepted_on": date(2026, 11, 1)}])
def test_other_content_under_the_same_code_is_a_conflict(
    desk: Environment, asked: Asked, change: dict[str, object]
) -> None:
    first = keep(desk, asked("cc-doi-1"))
    with pytest.raises(DossierDiffers) as refused:
        keep(desk, asked("cc-doi-1", **change))
    assert (refused.value.code, refused.value.facts["dossier_id"]) == ("dossier.differs", first.dossier.id)


def test_the_code_belongs_to_the_agency(desk: Environment, asked: Asked) -> None:
    assert keep(desk, asked("cc-doi-1")).dossier.id != keep(desk, asked("cc-doi-1", agency_id="hn")).dossier.id


def test_all_flaws_are_told_at_once_with_their_paths(desk: Environment, asked: Asked) -> None:
    request = asked(
        DueRequest("cc-doi-1", quantity=0),
        "dl-luhanh-1",
        "dl-luhanh-2",
        DueRequest("bhxh-1"),
        dossier_code=" ",
        payer=PayerFacts("", id_number="12"),
        accepted_on=date(2026, 11, 25),
    )
    with pytest.raises(DossierInvalid) as refused:
        keep(desk, request)
    problems = refused.value.facts["problems"]
    assert isinstance(problems, list)
    assert [(problem["code"], problem["field"]) for problem in problems] == [
        ("dossier.field", "dossier_code"),
        ("dossier.field", "accepted_on"),
        ("payer.invalid", "payer.name"),
        ("payer.invalid", "payer.id_number"),
        ("due.quantity", "items[0].quantity"),
        ("due.amount_missing", "items[3].amount"),
        ("due.alternatives", "items[2].fee_code"),
    ]
    assert count(desk, store.dossier) == 0


def test_one_flaw_is_told_as_itself(desk: Environment, asked: Asked) -> None:
    for request, code, field in (
        (asked("cc-doi-1", "nothing-1"), "due.fee_unknown", "items[1].fee_code"),
        (asked(), "dossier.field", "items"),
        (asked("cc-doi-1", dossier_code="a\x00b"), "dossier.field", "dossier_code"),
    ):
        with pytest.raises(Invalid) as refused:
            keep(desk, request)
        assert (refused.value.code, refused.value.field) == (code, field)


def test_only_an_agency_that_collects_takes_dossiers(desk: Environment, asked: Asked) -> None:
    with pytest.raises(AgencyMissing):
        keep(desk, asked("cc-doi-1", agency_id="nobody"))
    with pytest.raises(AgencyEnded) as refused:
        keep(desk, asked("cc-doi-1", agency_id="old"))
    assert refused.value.facts["successor"] == "th"


def test_the_agency_own_tariff_counts(desk: Environment, asked: Asked) -> None:
    line = {"kind": "phi", "name": "Phí riêng", "unit": "lần", "amount_vnd": 77_000}
    fee = {"id": "rieng", "procedure_name": "Thủ tục riêng", "legal_basis": "Nghị quyết", "items": [line]}
    with desk.begin(actor="cli") as uow:
        import_catalogue(uow, "th", json.dumps({"fees": [fee]}).encode())
    assert keep(desk, asked("rieng-1")).amount == 77_000


def test_a_batch_is_answered_item_by_item_in_few_statements(desk: Environment, asked: Asked) -> None:
    known = keep(desk, asked("cc-doi-1", dossier_code="known"))
    requests = [asked("cc-doi-1", dossier_code=f"new-{n}") for n in range(50)]
    requests += [
        asked("cc-doi-1", dossier_code="known"),
        asked("cc-lai-1", dossier_code="known"),
        asked("nothing-1", dossier_code="bad"),
        asked("cc-doi-1", dossier_code="new-7"),
        asked("cc-lai-1", dossier_code="new-8"),
        asked("cc-doi-1", dossier_code="bad"),
        asked("cc-doi-1", agency_id="nobody"),
    ]
    statements: list[str] = []
    sa.event.listen(desk.writer, "before_cursor_execute", lambda *told: statements.append(told[2]))
    with desk.begin(actor="key_1") as uow:
        answers = register_many(uow, requests)
    *fresh, again, differs, bad, twin, other, mended, nobody = answers
    assert len({view.dossier.id for view in fresh if isinstance(view, DossierView)}) == 50
    assert again == known
    assert twin == fresh[7]
    refusals = [each.code for each in (differs, bad, other, nobody) if isinstance(each, ThuPhiError)]
    assert refusals == ["dossier.differs", "due.fee_unknown", "dossier.differs", "agency.missing"]
    assert isinstance(mended, DossierView)
    assert count(desk, store.due) == 52
    assert len(statements) < 20


def test_each_due_keeps_its_first_version(desk: Environment, asked: Asked) -> None:
    view = keep(desk, asked("cc-doi-1"))
    with desk.read() as connection:
        kept = connection.execute(sa.select(store.due_version)).one()
    assert (kept.due_id, kept.version, kept.amount, kept.status) == (view.dues[0].id, 1, 25_000, "open")
    assert json.loads(kept.body)["base_amount"] == 50_000
    assert kept.actor == "key_1"


def test_two_at_the_same_moment_register_one_dossier(desk: Environment, asked: Asked) -> None:
    request = asked("cc-doi-1")
    with ThreadPoolExecutor(1) as pool:
        with desk.begin(actor="key_1") as uow:
            first = register(uow, request)
            other = pool.submit(keep, desk, request)  # waits for the gate, or for our row
            wait([other], timeout=0.2)
        assert other.result(timeout=30) == first
    assert (count(desk, store.dossier), count(desk, store.due), count(desk, outbox.event)) == (1, 1, 1)
