"""`thuphi audit`: prove, hand out, compute again; exit 1 with a reason for any tampering, on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from gateway.audit import verifier
from gateway.cli import build
from gateway.dues.store import due
from gateway.kernel.audit import leaf
from tests.gateway.audit.conftest import Archive

RUN = CliRunner()


@pytest.fixture(autouse=True)
def installed(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same installation as the archive's, named by the environment."""
    monkeypatch.setenv("THUPHI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("THUPHI_DATABASE_URL", migrated_url)


def thuphi(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
    result = RUN.invoke(build("audit"), ["audit", *arguments, "--json"])
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_day_is_proven_and_handed_to_an_auditor(lived: tuple[Archive, str], tmp_path: Path) -> None:
    archive, first = lived
    (tmp_path / "first.txt").write_text(first, "utf-8")
    proven = thuphi("verify", "--against", str(tmp_path / "first.txt"))
    assert (proven["valid"], proven["flaws"], proven["unnumbered"]) == (True, [], 3)
    head = thuphi("checkpoint")
    assert head["size"] == proven["signed"] == verifier.read_checkpoint(head["note"]).size

    out = tmp_path / "proof.json"
    thuphi("prove", "--receipt", "26TAA/1", "--out", str(out), "--since", str(tmp_path / "first.txt"))
    thuphi("verifier", "--out", str(tmp_path / "check.py"))
    command = [sys.executable, "-I", "-S", "check.py", "proof.json", "--key", "data/keys/audit.pub"]
    done = subprocess.run(
        [*command, "--checkpoint", "first.txt"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["leaves"][0]["kind"] == "payment.paid"
    payment = archive.town.receipts()[0].payment
    assert thuphi("prove", "--payment", payment, "--out", str(out))["leaves"] >= 3


def test_tampering_exits_1_and_names_the_first_bad_leaf(lived: tuple[Archive, str]) -> None:
    archive, _ = lived
    with archive.environment.writer.begin() as connection:
        if archive.environment.embedded:
            connection.execute(sa.text("DROP TRIGGER audit_leaf_no_update"))
        else:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.update(leaf).where(leaf.c.position == 6).values(body=b'{"x":1}'))
    told = thuphi("verify", exit_code=1)
    assert told["valid"] is False
    assert told["flaws"][0]["rule"] == "leaf.changed"
    assert told["flaws"][0]["subject"].startswith("6 leaf_")
    plain = RUN.invoke(build("audit"), ["audit", "verify"])
    assert plain.exit_code == 1
    assert "leaf.changed 6" in plain.stdout
    assert "TAMPERED" in plain.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("checkpoint",), "audit.not_signed_yet"),
        (("prove", "--receipt", "26TAA/1", "--out", "x"), "audit.subject_missing"),
        (("prove", "--payment", "pay_x", "--out", "x"), "audit.subject_missing"),
        (("recompute-fees", "--agency", "H1"), "agency.missing"),
    ],
)
def test_refusals_exit_1_with_a_code(archive: Archive, arguments: tuple[str, ...], code: str) -> None:
    assert thuphi(*arguments, exit_code=1)["error"] == code


def test_bad_usage_exits_2(archive: Archive, tmp_path: Path) -> None:
    for arguments in (
        ("prove", "--out", "x"),
        ("prove", "--receipt", "1", "--out", "x"),
        ("verify", "--key", str(tmp_path / "none")),
    ):
        assert RUN.invoke(build("audit"), ["audit", *arguments]).exit_code == 2
    (tmp_path / "bad.pub").write_text("nonsense")
    assert thuphi("verify", "--key", str(tmp_path / "bad.pub"), exit_code=1)["error"] == "audit.key_unusable"


def test_dues_are_computed_again(lived: tuple[Archive, str]) -> None:
    archive, _ = lived
    told = thuphi("recompute-fees")
    assert (told["dues"] > 5, told["differences"]) == (True, [])
    with archive.environment.begin(actor="thief") as uow:
        uow.connection.execute(sa.update(due).where(due.c.kind == "PHI").values(amount=1, unit_price=1))
    told = thuphi("recompute-fees", exit_code=1)
    assert {(one["amount"], one["computed"]) for one in told["differences"]} == {(1, 60_000)}
    assert "Thông tư" in told["differences"][0]["computed_ground"]


def test_the_logs_key_is_made_by_command(archive: Archive) -> None:
    assert thuphi("key")["key"] == archive.key.public.line()
