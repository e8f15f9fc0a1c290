"""VietQR.vn behind the contract: the token and the movement.

A token shows who speaks, nothing shows what was said: a notice announces money, the statement proves it.
Setting: `username`, as told to VietQR.vn. Optional: `token_life_s`. Secrets: `password`, as told to VietQR.vn, and
`token_key`, any long random text, told to nobody.
"""

from __future__ import annotations

import json

from connectors.contract import Capabilities, Desk, Malformed, Notice, Received, Reply, Request, Standing
from connectors.exact_json import Unreadable
from connectors.providers.vietqrvn import sync, token

# (HTTP status, errorReason). Money whose reference or amount we cannot place is kept in suspense, so it is recorded.
ANSWERS = {
    Standing.RECORDED: (200, ""),
    Standing.REPEATED: (200, ""),
    Standing.UNKNOWN_REFERENCE: (200, ""),
    Standing.AMOUNT_DIFFERS: (200, ""),
    Standing.FORGED: (401, "INVALID_TOKEN"),
    Standing.CONFLICTING: (400, "TRANSACTION_CONFLICT"),
    Standing.MALFORMED: (400, "INVALID_MESSAGE"),
    Standing.BUSY: (503, "BUSY"),
}


class VietQRVN:
    """Movements that VietQR.vn tells of."""

    name = "vietqrvn"
    token_path = "api/token_generate"  # noqa: S105 - an address
    capabilities = Capabilities(
        channels=frozenset({"vietqr"}),
        issue_on="statement",
        memo_limit=19,
        amount_unambiguous=False,
        settings=("username",),
        secrets=("password", "token_key"),
    )

    def admit(self, request: Request, desk: Desk) -> Reply:
        """The answer to token_generate. Raises SettingMissing, nothing for bad input."""
        if not token.admitted(request, desk):
            return _reply(401, {"error": True, "errorReason": "INVALID_CREDENTIALS", "object": None})
        told = {"access_token": token.made(desk), "token_type": "Bearer", "expires_in": token.life_s(desk)}
        return _reply(200, told)

    def receive(self, request: Request, desk: Desk) -> Received:
        """A movement. Raises SettingMissing for our own configuration, nothing for bad input."""
        if forged := token.not_admitted(request, desk):
            return forged
        try:
            return sync.notice(request.body)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """`error: false` ends the calls; else it calls up to ten times, five of them in the first minute."""
        status, reason = ANSWERS[standing]
        recorded = status == 200 and isinstance(received, Notice)
        told = {
            "error": not recorded,
            "errorReason": reason,
            "toastMessage": "Da ghi nhan" if recorded else "Khong ghi nhan",
            "object": {"reftransactionid": received.event_id} if isinstance(received, Notice) and recorded else None,
        }
        return _reply(status, told)


def _reply(status: int, told: dict[str, object]) -> Reply:
    return Reply(status, json.dumps(told, separators=(",", ":")).encode())
