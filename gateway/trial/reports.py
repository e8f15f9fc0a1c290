"""The office's papers of the two days: minutes, payment orders, the tax authority's tables, what was collected by what."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway.closing import minutes, paper
from gateway.delivery.documents import load_keys
from gateway.kernel.uow import Environment
from gateway.remitting import order, slip
from gateway.reporting import export
from gateway.reporting.collected import collected
from gateway.reporting.model import By
from gateway.settlement.refund import order as refund_order
from gateway.taxing import store as tax_store
from gateway.trial.day import Lived
from gateway.trial.found import Trial

Files = dict[str, bytes]  # path below reports/ -> content
COUNTED_BY = (By.FEE, By.CHANNEL, By.DAY)


def papers(trial: Trial, lived: Lived) -> Files:
    """All of them."""
    environment, agency = trial.environment, trial.agency
    with environment.read(agency) as connection:
        return {
            **_minutes(connection, environment, agency, lived.day),
            **_remittance(connection, environment, agency, lived),
            **_tax(connection, agency),
            **_collected(connection, agency, lived),
            **_refunds(lived),
        }


def _minutes(connection: sa.Connection, environment: Environment, agency: str, day: date) -> Files:
    made = minutes.minutes(connection, agency, day)
    stem = f"minutes/bien-ban-doi-soat-{day.isoformat()}"
    signer = load_keys(environment.settings.keys).signer
    return {f"{stem}.xml": minutes.as_xml(made), f"{stem}.pdf": paper.as_pdf(made, signer)}


def _remittance(connection: sa.Connection, environment: Environment, agency: str, lived: Lived) -> Files:
    files: Files = {}
    for one in lived.remitted:
        stem = f"remittance/{one.order.number}"
        files[f"{stem}.pain001.xml"] = order.pain001(one.order, environment.clock())
        files[f"{stem}.xlsx"] = order.workbook(one.order)
        files[f"{stem}.slip.json"] = _json(_slip(slip.slip(connection, agency, one.id)))
    return files


def _slip(made: slip.Slip) -> dict[str, Any]:
    """Slip C1-02/NS with the sum in figures and words."""
    return {**asdict(made), "amount": made.amount, "in_words": made.in_words}


def _tax(connection: sa.Connection, agency: str) -> Files:
    return {
        f"tax/TH-BLDT-{row.tax_code}-{row.day:%Y%m%d}-{row.number:03d}.xml": bytes(
            tax_store.by_id(connection, agency, row.id).body
        )
        for row in tax_store.of_agency(connection, agency)
    }


def _collected(connection: sa.Connection, agency: str, lived: Lived) -> Files:
    files: Files = {}
    for by in COUNTED_BY:
        report = collected(connection, agency, by, lived.day, lived.morning)
        files[f"collected/by-{by.value}.csv"] = export.as_csv(report)
        files[f"collected/by-{by.value}.xlsx"] = export.as_xlsx(report)
    return files


def _refunds(lived: Lived) -> Files:
    return {f"refunds/{one.reference}.csv": refund_order.as_csv(one).encode("utf-8-sig") for one in lived.refunds}


def _json(facts: dict[str, Any]) -> bytes:
    return (json.dumps(facts, ensure_ascii=False, indent=2, default=str) + "\n").encode()
