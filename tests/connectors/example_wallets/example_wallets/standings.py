"""What a sender hears that goes by the HTTP status: 2xx ends its calls, anything else brings it back.

Money that we cannot place is kept in suspense, so to the sender it is recorded.
"""

from __future__ import annotations

from connectors.contract import Standing

STATUSES = {
    Standing.RECORDED: 200,
    Standing.REPEATED: 200,
    Standing.UNKNOWN_REFERENCE: 200,
    Standing.AMOUNT_DIFFERS: 200,
    Standing.FORGED: 401,
    Standing.CONFLICTING: 409,
    Standing.MALFORMED: 422,
    Standing.BUSY: 503,
}
