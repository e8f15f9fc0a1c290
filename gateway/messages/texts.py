"""What messages say, Vietnamese first with English below; an SMS is one part of GSM letters (3GPP TS 23.038), 160 at most.

No personal data, no links but our own. An SMS is written without accents: with them it would cost three parts.
"""

from __future__ import annotations

from gateway.kernel.money import dong
from gateway.messages.model import Occasion, Told

GSM_PART = 160

_SUBJECTS = {
    Occasion.PAID: "Đã nhận {amount} – mã {reference}",
    Occasion.RECEIPT: "Biên lai số {number} – {amount}",
    Occasion.REFUND: "Sẽ hoàn {amount} – mã {reference}",
    Occasion.REFUNDED: "Đã hoàn {amount} – mã {reference}",
    Occasion.CLAIM: "Đã tiếp nhận phản ánh số {number}",
    Occasion.CLAIM_FOUND: "Đã tìm thấy khoản tiền – phản ánh số {number}",
}

_BODIES = {
    Occasion.PAID: (
        "{agency} đã nhận {amount} cho mã thanh toán {reference}. Biên lai điện tử sẽ có ngay sau đây.",
        "{agency} has received {amount} for the payment reference {reference}. The e-receipt follows in a moment.",
    ),
    Occasion.RECEIPT: (
        "{agency} đã ký biên lai điện tử số {number}, số tiền {amount}, mã tra cứu {lookup_code}.",
        "{agency} has signed e-receipt no. {number} for {amount}, look-up code {lookup_code}.",
    ),
    Occasion.REFUND: (
        "{agency} đã duyệt hoàn {amount} của mã thanh toán {reference} về tài khoản đã chuyển.",
        "{agency} has approved to return {amount} of payment {reference} to the account it came from.",
    ),
    Occasion.REFUNDED: (
        "{agency} đã hoàn {amount} của mã thanh toán {reference}.",
        "{agency} has returned {amount} of payment {reference}.",
    ),
    Occasion.CLAIM: (
        "{agency} đã tiếp nhận phản ánh số {number}. Đây không phải là biên lai. Khi tìm thấy tiền, chúng tôi sẽ báo.",
        "{agency} has taken your claim no. {number}. This is not a receipt. We tell you as soon as the money is found.",
    ),
    Occasion.CLAIM_FOUND: (
        "Phản ánh số {number}: đã tìm thấy {amount} và ghi vào mã thanh toán {reference}.",
        "Claim no. {number}: {amount} was found and booked for the payment reference {reference}.",
    ),
}

_SMS = {
    Occasion.PAID: "Da nhan {amount} cho ma {reference}. Bien lai: {link}",
    Occasion.RECEIPT: "Bien lai so {number}, {amount}, ma tra cuu {lookup_code}: {link}",
    Occasion.REFUND: "Se hoan {amount} cua ma {reference} ve tai khoan da chuyen. {link}",
    Occasion.REFUNDED: "Da hoan {amount} cua ma {reference}. {link}",
    Occasion.CLAIM: "Da tiep nhan phan anh so {number}. Day khong phai bien lai. {link}",
    Occasion.CLAIM_FOUND: "Phan anh so {number}: da tim thay {amount}, ma {reference}. {link}",
}

_FOOTER = (
    "Thư tự động, xin không trả lời. Chúng tôi không bao giờ hỏi mật khẩu hay mã OTP.",
    "Automatic message, please do not reply. We never ask for passwords or one-time codes.",
)


def subject(told: Told) -> str:
    """The subject of the e-mail."""
    return _SUBJECTS[told.occasion].format_map(_facts(told))


def email(told: Told) -> str:
    """The text of the e-mail, both languages."""
    vi, en = (text.format_map(_facts(told)) for text in _BODIES[told.occasion])
    return f"{vi}\n{told.link}\n\n{en}\n\n--\n{_FOOTER[0]}\n{_FOOTER[1]}\n"


def sms(told: Told) -> str:
    """The text message: one part. The link goes first when there is no room for all."""
    plain = {**_facts(told), "amount": f"{told.amount:,}d".replace(",", ".")}
    whole = _SMS[told.occasion].format_map(plain)
    return whole if len(whole) <= GSM_PART else _SMS[told.occasion].format_map({**plain, "link": ""}).strip()


def _facts(told: Told) -> dict[str, object]:
    return {
        "agency": told.agency,
        "reference": told.reference,
        "amount": dong(told.amount),
        "link": told.link,
        "number": told.number,
        "lookup_code": told.lookup_code,
    }
