"""The accountant's pages: reconcile, import, the day's figures, close, report and remit; and the second person's list."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.web.accountant.acts import add_routes as acts
from gateway.web.accountant.claims import add_routes as claims
from gateway.web.accountant.close import add_routes as close
from gateway.web.accountant.day import add_routes as day
from gateway.web.accountant.evidence import add_routes as evidence
from gateway.web.accountant.refunds import add_routes as refunds
from gateway.web.accountant.remit import add_routes as remit
from gateway.web.accountant.reports import add_routes as reports
from gateway.web.accountant.second import add_routes as second
from gateway.web.accountant.take_files import add_routes as take_files
from gateway.web.accountant.traced import add_routes as traced
from gateway.web.accountant.workspace import add_routes as workspace

router = APIRouter(include_in_schema=False)
for _add_routes in (workspace, acts, take_files, day, close, reports, remit, refunds, claims, traced, second, evidence):
    _add_routes(router)
