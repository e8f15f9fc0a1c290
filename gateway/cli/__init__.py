"""`thuphi`: one word per act. Only what a command needs is loaded, so that the small ones answer in a blink."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass

import typer


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command lives: a function, or a group of its own."""

    module: str
    attribute: str
    group: bool = False


COMMANDS: dict[str, Command] = {
    "demo": Command("gateway.cli.demo", "demo"),
    "serve": Command("gateway.cli.serve", "serve"),
    "worker": Command("gateway.cli.serve", "worker"),
    "migrate": Command("gateway.cli.installation", "migrate"),
    "config": Command("gateway.cli.installation", "config_app", group=True),
    "agency": Command("gateway.cli.installation", "agency_app", group=True),
    "key": Command("gateway.cli.installation", "key_app", group=True),
    "keys": Command("gateway.cli.installation", "keys_app", group=True),
    "connector": Command("gateway.cli.connector", "connector_app", group=True),
    "officer": Command("gateway.cli.officer", "officer_app", group=True),
    "message": Command("gateway.cli.message", "message_app", group=True),
    "remit": Command("gateway.cli.remit", "remit_app", group=True),
    "tax": Command("gateway.cli.tax", "tax_app", group=True),
    "report": Command("gateway.cli.report", "report"),
    "webhook": Command("gateway.cli.installation", "webhook_app", group=True),
    "catalogue": Command("gateway.cli.catalogue", "catalogue_app", group=True),
    "vietqr": Command("gateway.cli.vietqr", "vietqr_app", group=True),
    "memo": Command("gateway.cli.memo", "memo_app", group=True),
    "words": Command("gateway.cli.words", "words"),
    "statements": Command("gateway.cli.statements", "statements_app", group=True),
    "receipts": Command("gateway.cli.receipts", "receipts_app", group=True),
    "register": Command("gateway.cli.register", "register_app", group=True),
    "audit": Command("gateway.cli.audit", "audit_app", group=True),
    "ledger": Command("gateway.cli.checks", "ledger_app", group=True),
    "work": Command("gateway.cli.work", "work_app", group=True),
    "reconcile": Command("gateway.cli.reconcile", "reconcile_app", group=True),
    "terminal": Command("gateway.cli.terminal", "terminal_app", group=True),
}


def build(only: str | None = None) -> typer.Typer:
    """The command line, whole or with one command."""
    app = typer.Typer(
        help="Thu Phí: thu phí, lệ phí và biên lai điện tử / fees and e-receipts of public services",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_thuphi)
    for name, command in COMMANDS.items():
        if only is None or name == only:
            found = getattr(importlib.import_module(command.module), command.attribute)
            if command.group:
                app.add_typer(found, name=name)
            else:
                app.command(name)(found)
    return app


def _thuphi() -> None:
    """Thu Phí."""


def main() -> None:
    """Entry point of the script."""
    first = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    build(first if first in COMMANDS else None)()
