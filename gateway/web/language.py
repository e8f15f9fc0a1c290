"""Every word the citizen's pages say, Vietnamese first, and how amounts and moments are written for people.

A text is one pair (Vietnamese, English), so neither language can lack what the other has. Times are shown in Vietnam
time, dd/MM/yyyy HH:mm; amounts as `1.234.000 ₫`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal

from gateway.kernel.clock import VIETNAM
from gateway.kernel.money import dong

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # the frame of every page
        "site.name": ("Thu Phí", "Thu Phí"),
        "site.tagline": ("Phí, lệ phí dịch vụ công", "Fees for public services"),
        "site.name_and_tagline": ("Thu Phí · Phí, lệ phí dịch vụ công", "Thu Phí · Fees for public services"),
        "site.accessibility": ("Tiếp cận cho mọi người", "Accessibility"),
        "site.privacy": ("Dữ liệu của bạn", "Your data"),
        "site.size_large": ("Chữ lớn", "Large print"),
        "site.size_normal": ("Chữ thường", "Normal print"),
        "desk.nav": ("Việc", "Tasks"),
        "desk.sign_out": ("Đăng xuất", "Sign out"),
        "site.skip": ("Đến nội dung chính", "Skip to the main content"),
        "site.other_language": ("English", "Tiếng Việt"),
        "site.other_language_label": ("Switch to English", "Chuyển sang tiếng Việt"),
        "site.home": ("Trang đầu", "Home"),
        "site.lookup": ("Tra cứu biên lai", "Look up a receipt"),
        "site.verify": ("Kiểm tra biên lai, mã QR", "Check a receipt or a QR"),
        "site.footer": (
            "Tiền chuyển thẳng vào tài khoản của cơ quan thu. Người nộp không trả thêm phí dịch vụ nào.",
            "Your money goes straight to the agency's own account. Nothing is added to the amount.",
        ),
        "site.footer_nav": ("Liên kết", "Links"),
        # the amount and the state of a payment
        "pay.title": ("Nộp {amount}", "Pay {amount}"),
        "pay.title_rest": ("Nộp tiếp {amount}", "Pay the remaining {amount}"),
        "pay.title_paid": ("Đã nộp {amount}", "Paid {amount}"),
        "pay.title_state": ("{state} · {amount}", "{state} · {amount}"),
        "pay.amount": ("Số tiền phải nộp", "Amount to pay"),
        "pay.amount_rest": ("Số tiền còn thiếu", "Still to pay"),
        "pay.amount_paid": ("Số tiền đã nộp", "Amount paid"),
        "pay.amount_asked": ("Số tiền của lệnh này", "Amount of this payment"),
        "pay.of_total": ("trên tổng số {amount}", "of {amount} in all"),
        "state.pending": ("Chờ thanh toán", "Waiting for payment"),
        "state.pending.note": (
            "Trang tự cập nhật khi tiền đến, thường trong vài giây. Chuyển xong bạn có thể đóng trang; biên lai vẫn ở đây.",
            "This page updates by itself when the money arrives, usually within seconds. You may close it; "
            "the receipt will be here.",
        ),
        "state.partial": ("Đã nhận {received}, còn thiếu {remaining}", "Received {received}, still due {remaining}"),
        "state.partial.note": (
            "Tiền đã nhận được giữ an toàn. Quét mã mới dưới đây để chuyển phần còn thiếu; đủ tiền là có biên lai.",
            "What you sent is safe. Scan the new code below to send the rest; the receipt follows at once.",
        ),
        "state.checking": ("Tiền an toàn, đang đối chiếu", "Your money is safe, we are checking it"),
        "state.checking.note": (
            "Chúng tôi đang xác minh với ngân hàng. Xin đừng chuyển lần nữa; kết quả sẽ hiện ngay tại đây.",
            "We are confirming with the bank. Please do not transfer again; the result appears here.",
        ),
        "state.signing": ("Đã thanh toán, biên lai đang ký số", "Paid; the receipt is being signed"),
        "state.signing.note": (
            "Biên lai đã có số. Chữ ký số thường xong trong vài giây, trang tự cập nhật.",
            "The receipt has its number. Signing takes a few seconds; this page updates by itself.",
        ),
        "state.paid": ("Đã thanh toán", "Paid"),
        "state.paid.note": ("Ghi nhận lúc {moment}.", "Recorded on {moment}."),
        "state.expired": ("Mã thanh toán đã hết hạn", "The payment code has expired"),
        "state.expired.note": (
            "Nếu bạn đã chuyển tiền, xin đừng chuyển lại: tiền đến muộn vẫn được tính, kết quả hiện ngay tại đây.",
            "If you have sent the money, do not send it again: late money still counts and shows up here.",
        ),
        "state.expired_partial": (
            "Mã đã hết hạn; đã nhận {received}, còn thiếu {remaining}",
            "The code has expired; received {received}, still due {remaining}",
        ),
        "state.expired_partial.note": (
            "Tiền đã nhận được giữ an toàn, tiền đến muộn vẫn được tính. "
            "Bạn có thể chuyển phần còn thiếu theo thông tin dưới đây.",
            "What you sent is safe and late money still counts. You can send the rest with the details below.",
        ),
        "state.failed": ("Thanh toán không thành công", "The payment did not succeed"),
        "state.failed.note": (
            "Ngân hàng báo không có tiền chuyển đến. Nếu tài khoản của bạn đã bị trừ tiền, xin giữ mã thanh toán "
            "và liên hệ cơ quan thu; tiền đến sau vẫn được tính.",
            "The bank reports that no money came. If your account was debited, keep the payment reference and "
            "contact the agency; money that arrives later still counts.",
        ),
        "state.settled_elsewhere": ("Khoản này đã được nộp", "This has been paid already"),
        "state.settled_elsewhere.note": (
            "Khoản phải nộp đã được thanh toán bằng một lệnh khác. Bạn không phải chuyển thêm; "
            "nếu đã chuyển, tiền an toàn và sẽ được trả lại.",
            "Another payment covered what was due. There is nothing more to send; if you have, the money is safe "
            "and will be returned.",
        ),
        "state.withdrawn": ("Không còn khoản phải nộp", "There is nothing left to pay"),
        "state.withdrawn.note": (
            "Cơ quan tiếp nhận đã rút hoặc miễn khoản này. Xin đừng chuyển tiền theo lệnh này; "
            "nếu đã chuyển, tiền an toàn và sẽ được trả lại.",
            "The office withdrew or waived what was due. Please do not send money for this payment; "
            "if you have sent it, it is safe and will be returned.",
        ),
        "state.changed": ("Khoản phải nộp đã thay đổi", "The amount due has changed"),
        "state.changed.note": (
            "Cơ quan tiếp nhận đã sửa số tiền. Xin đừng dùng mã cũ; hãy tạo mã mới để nộp đúng số tiền hiện nay. "
            "Tiền đã chuyển theo mã cũ vẫn an toàn.",
            "The office changed the amount. Please do not use the old code; make a new one for the amount that is "
            "due now. Money sent with the old code is safe.",
        ),
        "pay.valid_until": ("Mã có hiệu lực đến {moment}.", "The code is valid until {moment}."),
        "pay.minutes_left": ("Còn {minutes} phút", "{minutes} minutes left"),
        "pay.last_minute": ("Còn chưa đầy 1 phút", "Less than a minute left"),
        "pay.extend": ("Cần thêm thời gian", "I need more time"),
        "pay.expired_at": ("Hết hạn lúc {moment}.", "Expired on {moment}."),
        "pay.again": ("Tạo mã mới", "Make a new code"),
        "pay.again_note": (
            "Mã mới dùng cho đúng các khoản này; bạn không phải khai lại gì.",
            "The new code covers the same items; you do not have to enter anything again.",
        ),
        # the QR and the transfer
        "qr.heading": ("Quét mã VietQR", "Scan the VietQR code"),
        "qr.hint": (
            "Mở ứng dụng ngân hàng và quét mã. Đang xem trên điện thoại? Lưu ảnh QR rồi chọn ảnh trong ứng dụng.",
            "Open your bank app and scan. On this phone already? Save the QR image and pick it in the app.",
        ),
        "qr.alt": (
            "Mã VietQR: chuyển {amount} vào tài khoản {account}, {bank}, nội dung {memo}",
            "VietQR code: transfer {amount} to account {account}, {bank}, memo {memo}",
        ),
        "qr.save": ("Lưu ảnh QR", "Save QR image"),
        "transfer.heading": ("Hoặc tự chuyển khoản", "Or transfer by hand"),
        "transfer.heading_only": ("Thông tin chuyển khoản", "Transfer details"),
        "transfer.account": ("Số tài khoản", "Account number"),
        "transfer.holder": ("Chủ tài khoản", "Account holder"),
        "transfer.bank": ("Ngân hàng", "Bank"),
        "transfer.amount": ("Số tiền", "Amount"),
        "transfer.memo": ("Nội dung", "Memo"),
        "transfer.keep_memo": (
            "Xin giữ nguyên nội dung: nhờ nó mà tiền được ghi nhận tự động.",
            "Keep the memo as it is: it lets your money be recorded automatically.",
        ),
        "copy.do": ("Sao chép", "Copy"),
        "copy.label": ("Sao chép: {what}", "Copy: {what}"),
        "copy.done": ("Đã chép", "Copied"),
        "copy.said": ("Đã sao chép: {what}", "Copied: {what}"),
        # what it is for
        "dues.heading": ("Nộp cho", "What it is for"),
        "dues.dossier": ("Mã hồ sơ", "Dossier"),
        "dues.procedure": ("Thủ tục", "Procedure"),
        "dues.payer": ("Người nộp", "Payer"),
        "dues.item": ("Khoản", "Item"),
        "dues.amount": ("Số tiền", "Amount"),
        "dues.total": ("Cộng", "Total"),
        "dues.paid": ("đã nộp", "paid"),
        "dues.withdrawn": ("đã rút", "withdrawn"),
        "dues.exempt": ("được miễn", "exempt"),
        "pay.reference": ("Mã thanh toán", "Payment reference"),
        "pay.help": ("Cần hỗ trợ? Liên hệ {agency}", "Need help? Contact {agency}"),
        "pay.help_phone": ("điện thoại {phone}", "phone {phone}"),
        # receipts
        "receipt.heading": ("Biên lai", "Receipt"),
        "receipt.heading_many": ("Biên lai ({count})", "Receipts ({count})"),
        "receipt.name": ("Biên lai thu phí, lệ phí điện tử", "Electronic receipt for fees"),
        "receipt.form": ("Ký hiệu mẫu", "Form"),
        "receipt.symbol": ("Ký hiệu biên lai", "Symbol"),
        "receipt.number": ("Số", "Number"),
        "receipt.day": ("Ngày lập", "Date"),
        "receipt.amount": ("Số tiền", "Amount"),
        "receipt.agency": ("Cơ quan thu", "Collecting agency"),
        "receipt.tax_code": ("Mã số thuế cơ quan thu", "Agency's tax code"),
        "receipt.payer": ("Người nộp", "Payer"),
        "receipt.lookup_code": ("Mã tra cứu", "Lookup code"),
        "receipt.state": ("Tình trạng", "State"),
        "receipt.pdf": ("Xem biên lai (PDF)", "Open receipt (PDF)"),
        "receipt.xml": ("Tải bản gốc (XML)", "Download original (XML)"),
        "receipt.signing": ("Đang ký số…", "Being signed…"),
        "receipt.none": (
            "Khoản này không lập biên lai phí, lệ phí; xin giữ lại trang này.",
            "No fee receipt is issued for this item; please keep this page.",
        ),
        "receipt.elsewhere": (
            "Biên lai của khoản này do nơi nhận tiền lập, không lập lần thứ hai. Nơi lập:",
            "The receipt was issued where the money was taken, and no second one is issued. Issued by:",
        ),
        "receipt.keep": (
            "Giữ mã tra cứu để xem lại tình trạng biên lai bất cứ lúc nào.",
            "Keep the lookup code to see the state of your receipt at any time.",
        ),
        "receipt.print": ("In trang này", "Print this page"),
        "receipt.numbered": ("Đã cấp số, đang ký số", "Numbered, being signed"),
        "receipt.signed": ("Có hiệu lực, đã ký số", "Valid, signed"),
        "receipt.delivered": ("Có hiệu lực, đã ký số và gửi", "Valid, signed and sent"),
        "receipt.replaced": ("Đã bị thay thế", "Replaced"),
        "receipt.replaced_by": ("Được thay thế bởi", "Replaced by"),
        "receipt.replaced_link": (
            "biên lai {symbol} số {number} ngày {day}",
            "receipt {symbol} number {number} of {day}",
        ),
        "receipt.waiting.title": ("Biên lai đang được ký số", "The receipt is being signed"),
        "receipt.waiting.note": (
            "Thường chỉ mất vài giây. Trang này sẽ tự thử lại.",
            "It usually takes a few seconds. This page will try again by itself.",
        ),
        "receipt.back": ("Trở lại trang thanh toán", "Back to the payment"),
        # lookup, verification, home
        "home.title": ("Nộp phí và tra cứu biên lai", "Pay fees and look up receipts"),
        "home.intro": (
            "Nhập mã thanh toán (bắt đầu bằng BLQ), mã hồ sơ, hoặc mã tra cứu in trên biên lai.",
            "Enter a payment reference (it begins with BLQ), a dossier code, or the lookup code on a receipt.",
        ),
        "home.label": ("Mã thanh toán, mã hồ sơ hoặc mã tra cứu", "Payment reference, dossier code or lookup code"),
        "home.go": ("Tra cứu", "Look up"),
        "lookup.title": ("Tra cứu biên lai", "Look up a receipt"),
        "lookup.intro": (
            "Nhập mã tra cứu gồm 12 ký tự trên biên lai. Tên người nộp chỉ hiện một phần.",
            "Enter the 12-character lookup code on the receipt. The payer's name is shown in part only.",
        ),
        "lookup.label": ("Mã tra cứu", "Lookup code"),
        "lookup.found": ("Thông tin biên lai", "Receipt"),
        "lookup.again": ("Tra cứu biên lai khác", "Look up another receipt"),
        "verify.title": ("Kiểm tra biên lai, mã QR", "Check a receipt or a QR code"),
        "verify.intro": (
            "Dùng máy ảnh điện thoại quét mã QR in trên biên lai, hoặc dán nội dung mã vào đây. "
            "Mã VietQR đòi tiền cũng kiểm tra được.",
            "Scan the QR code printed on the receipt with your phone's camera, or paste its content here. "
            "A VietQR that asks for money can be checked too.",
        ),
        "verify.label": ("Nội dung mã QR", "Content of the QR code"),
        "verify.go": ("Kiểm tra", "Check"),
        "verify.good": ("Mã QR đúng là do hệ thống này ký", "The QR code was signed by this system"),
        "verify.good.note": (
            "Hãy so các dòng dưới đây với tờ biên lai. Nếu khác, tờ biên lai đã bị sửa.",
            "Compare the lines below with the paper. If they differ, the paper was altered.",
        ),
        "verify.bad": ("Không xác nhận được mã này", "This code cannot be confirmed"),
        "verify.bad.note": (
            "Mã bị thiếu, bị sửa, hoặc không do hệ thống này ký. Hãy quét lại hoặc tra cứu bằng mã tra cứu.",
            "It is incomplete, altered, or not signed by this system. Scan again, or use the lookup code.",
        ),
        "verify.state_hint": (
            "Mã QR không nói biên lai có bị thay thế về sau hay không; hãy xem thêm bằng mã tra cứu.",
            "The QR code cannot say whether the receipt was replaced later; use the lookup code for that.",
        ),
        "verify.no_key": ("Chưa kiểm tra được lúc này", "Checking is not possible right now"),
        "verify.no_key.note": (
            "Khóa công khai của hệ thống chưa sẵn sàng. Xin thử lại sau hoặc tra cứu bằng mã tra cứu.",
            "The public key of this system is not available. Try later, or use the lookup code.",
        ),
        # a payment seen by its reference alone
        "reference.title": ("Tình trạng lệnh thanh toán", "State of the payment"),
        "reference.private": (
            "Chi tiết hồ sơ và biên lai chỉ xem được bằng đường liên kết thanh toán mà bạn nhận từ cơ quan.",
            "The dossier and the receipts can be seen only with the payment link you were given.",
        ),
        # refusals
        "problem.unknown_payment": ("Không tìm thấy lệnh thanh toán", "There is no such payment"),
        "problem.unknown_payment.note": (
            "Đường liên kết có thể bị thiếu ký tự. Hãy mở lại từ tin nhắn hoặc từ cổng dịch vụ công.",
            "The link may be incomplete. Open it again from your message or from the public service portal.",
        ),
        "problem.unknown_receipt": ("Không tìm thấy biên lai", "There is no such receipt"),
        "problem.unknown_receipt.note": (
            "Hãy kiểm tra lại mã tra cứu: 12 ký tự, gồm chữ số và chữ cái in trên biên lai.",
            "Check the lookup code: 12 letters and digits, as printed on the receipt.",
        ),
        "problem.unknown_code": ("Không nhận ra mã này", "This code is not recognised"),
        "problem.unknown_code.note": (
            "Mã thanh toán bắt đầu bằng BLQ và có 12 ký tự; mã tra cứu biên lai cũng có 12 ký tự; "
            "mã hồ sơ có dạng H56.17-261124-0001.",
            "A payment reference begins with BLQ and has 12 characters; so has a receipt's lookup code; "
            "a dossier code looks like H56.17-261124-0001.",
        ),
        "problem.too_many": ("Bạn tra cứu quá nhanh", "Too many look-ups"),
        "problem.too_many.note": (
            "Để bảo vệ thông tin của mọi người, mỗi nơi tra cứu tối đa {count} lần mỗi phút. Xin thử lại sau ít phút.",
            "To protect everybody's data, one place may look up {count} times a minute. Try again in a moment.",
        ),
        "problem.refused": ("Chưa thực hiện được", "That was not possible"),
        "problem.no_longer_asked": (
            "Tình trạng của lệnh đã thay đổi; hãy xem lại trang thanh toán.",
            "The payment has changed meanwhile; look at its page again.",
        ),
    }
)


Texts = Mapping[str, tuple[str, str]]


_known: dict[str, tuple[str, str]] = dict(TEXTS)


def learn(texts: Mapping[str, tuple[str, str]]) -> Mapping[str, tuple[str, str]]:
    """Make another module's texts known to every page; a key means one thing only. Returns them, for a constant."""
    for key, pair in texts.items():
        if _known.setdefault(key, pair) != pair:
            raise ValueError(f"the text {key} is there already with other words")
    return MappingProxyType(dict(texts))


def known() -> Mapping[str, tuple[str, str]]:
    """Every text there is now."""
    return MappingProxyType(_known)


def text(language: Language, key: str, **facts: object) -> str:
    """The text named `key` with its facts filled in. KeyError when a fact or the text is missing."""
    return _known[key][LANGUAGES.index(language)].format_map(facts)


def told(texts: Texts, language: Language, key: str, /, **facts: object) -> str:
    """The same for pages that bring `texts` of their own beside everybody's."""
    return (texts.get(key) or TEXTS[key])[LANGUAGES.index(language)].format_map(facts)


def other(language: Language) -> Language:
    """The language the switch leads to."""
    return "en" if language == "vi" else "vi"


def amount(value: int) -> str:
    """`1.234.000 ₫`"""
    return dong(value)


def moment(value: datetime) -> str:
    """`24/11/2026 09:30`, Vietnam time."""
    return f"{value.astimezone(VIETNAM):%d/%m/%Y %H:%M}"


def hour(value: datetime) -> str:
    """`09:30`, Vietnam time."""
    return f"{value.astimezone(VIETNAM):%H:%M}"


def day(value: date) -> str:
    """`24/11/2026`"""
    return f"{value:%d/%m/%Y}"
