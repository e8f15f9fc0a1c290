"""What the pages of claims and baskets say, Vietnamese first."""

from __future__ import annotations

from gateway.web.language import learn

TEXTS = learn(
    {
        # "I paid and nothing shows"
        "claim.title": ("Đã trả mà chưa thấy", "I paid and nothing shows"),
        "claim.intro": (
            "Hãy cho biết bạn đã chuyển thế nào. Chúng tôi tìm ngay ở mọi nơi khoản tiền có thể nằm, và báo khi thấy.",
            "Tell us how you paid. We look at once wherever the money can be, and tell you when it is found.",
        ),
        "claim.safe": (
            "Xin đừng chuyển lần nữa. Ảnh chụp màn hình giúp chúng tôi tìm, nhưng không thay cho tiền trong tài khoản.",
            "Please do not transfer again. A screenshot helps us look, but does not stand in for money on the account.",
        ),
        "claim.reference": ("Mã thanh toán (BLQ…)", "Payment reference (BLQ…)"),
        "claim.reference_hint": ("12 ký tự, có trong nội dung chuyển khoản", "12 characters, in the transfer's memo"),
        "claim.amount": ("Số tiền đã chuyển (đồng)", "Amount you sent (VND)"),
        "claim.paid_on": ("Ngày chuyển", "Day of the transfer"),
        "claim.bank_reference": ("Mã giao dịch ngân hàng (nếu có)", "The bank's transaction code (if you have it)"),
        "claim.bank_reference_hint": (
            "Ứng dụng ngân hàng hiện mã này, ví dụ FT…",
            "Your bank's app shows it, e.g. FT…",
        ),
        "claim.account": ("Số tài khoản bạn đã chuyển tới (nếu nhớ)", "The account you sent it to (if you know)"),
        "claim.email": ("E-mail để báo kết quả (nếu muốn)", "E-mail for the answer (if you like)"),
        "claim.phone": ("Số điện thoại để báo kết quả (nếu muốn)", "Phone for the answer (if you like)"),
        "claim.picture": ("Ảnh chụp màn hình (PNG, JPEG, dưới 900 KB)", "Screenshot (PNG, JPEG, below 900 KB)"),
        "claim.note": ("Điều khác cần biết", "Anything else"),
        "claim.send": ("Gửi phản ánh", "Send"),
        "claim.wrong": ("Chưa gửi được", "This was not sent"),
        "claim.unknown": ("Không có mã thanh toán này.", "There is no such payment reference."),
        "claim.number": ("Số tiếp nhận", "Claim number"),
        "claim.no_receipt": (
            "Đây là giấy tiếp nhận phản ánh, không phải là biên lai.",
            "This acknowledges your claim. It is not a receipt.",
        ),
        "claim.keep": ("Giữ đường dẫn của trang này để xem lại.", "Keep this page's address to look again."),
        "claim.again": ("Xem lại", "Look again"),
        "claim.made": ("Tiếp nhận lúc", "Taken at"),
        "claim.looked": ("Tìm lần cuối lúc", "Last looked at"),
        "claim.asked": (
            "Đã hỏi lại {provider}. Có câu trả lời, trang này sẽ đổi khi bạn xem lại.",
            "{provider} has been asked again. Once it answers, this page changes when you look again.",
        ),
        "claim.payment": ("Trang của lệnh thanh toán", "The payment's page"),
        "finding.paid": ("Đã tìm thấy: lệnh này đã được thanh toán", "Found: this payment is paid"),
        "finding.paid.note": ("Biên lai có ở trang của lệnh thanh toán.", "The receipt is on the payment's page."),
        "finding.held": ("Đã thấy tiền, còn chờ cho đủ", "The money is here and waits"),
        "finding.held.note": (
            "Tiền đang giữ cho lệnh này: có thể còn thiếu, hoặc chờ sổ phụ ngân hàng. Trang thanh toán cho biết cần gì.",
            "It is held for this payment: some may be missing, or the bank's statement is awaited. See the payment's page.",
        ),
        "finding.suspense": ("Có khoản tiền có thể là của bạn", "There is money that may be yours"),
        "finding.suspense.note": (
            "Khoản tiền này chưa tự ghi được vào lệnh, ví dụ vì thiếu mã. Hai cán bộ đối chiếu rồi mới ghi.",
            "It could not be booked by itself, for want of the reference for example. Two officers compare, then book it.",
        ),
        "finding.arriving": ("Tin báo của ngân hàng vừa tới", "The bank's notice has just arrived"),
        "finding.arriving.note": (
            "Đang xử lý, thường dưới một phút.",
            "It is being worked on, usually within a minute.",
        ),
        "finding.statement": ("Sổ phụ có dòng giống khoản bạn chuyển", "The statement has a line like yours"),
        "finding.statement.note": ("Cán bộ đang đối chiếu.", "An officer is comparing."),
        "finding.other_account": ("Tiền đã vào tài khoản khác của cơ quan", "It went to another account of ours"),
        "finding.other_account.note": (
            "Cán bộ sẽ chuyển về đúng tài khoản. Bạn không cần làm gì.",
            "Officers move it to the right account. You need not do anything.",
        ),
        "finding.not_ours": ("Tài khoản này không phải của cơ quan thu", "That account is not ours"),
        "finding.not_ours.note": (
            "Hãy liên hệ ngay ngân hàng của bạn để yêu cầu thu hồi. Cơ quan thu chỉ nhận tiền qua mã QR trên trang này.",
            "Ask your bank at once to recall it. The agency takes money only through the QR codes of these pages.",
        ),
        "finding.not_yet": ("Chưa thấy, chúng tôi đang tiếp tục tìm", "Not yet; we go on looking"),
        "finding.not_yet.note": (
            "Chuyển liên ngân hàng có khi mất đến một ngày làm việc. Chúng tôi tìm lại mỗi phút và sau mỗi sổ phụ.",
            "Transfers between banks may take a working day. We look again each minute and after each statement.",
        ),
        "claim.ended": ("Phản ánh đã được cán bộ khép lại", "An officer has closed this claim"),
        "claim.ended.note": ("Hãy gọi cơ quan thu nếu bạn không đồng ý.", "Call the agency if you do not agree."),
        # many dossiers at once
        "basket.title": ("Nộp cho nhiều hồ sơ", "Pay many dossiers"),
        "basket.intro": (
            "Dán mã hồ sơ hoặc chọn tệp XLSX (mã ở cột đầu). Mỗi tài khoản nhận là một lần chuyển.",
            "Paste dossier codes or choose an XLSX file (codes in the first column). One transfer per account.",
        ),
        "basket.codes": ("Mã hồ sơ", "Dossier codes"),
        "basket.codes_hint": (
            "Cách nhau bằng dấu phẩy hoặc xuống dòng, nhiều nhất 200",
            "Commas or new lines, 200 at most",
        ),
        "basket.file": ("Hoặc tệp XLSX", "Or an XLSX file"),
        "basket.payer": ("Mã số thuế hoặc số định danh của người nộp", "The payer's tax code or personal number"),
        "basket.payer_hint": ("Chỉ hồ sơ của người này được đưa vào", "Only this payer's dossiers are taken"),
        "basket.make": ("Lập đề nghị thanh toán", "Make the payment request"),
        "basket.wrong": ("Chưa lập được", "This could not be made"),
        "basket.request": ("Đề nghị thanh toán", "Payment request"),
        "basket.for": ("Người nộp", "Payer"),
        "basket.total": ("Tổng cộng", "Total"),
        "basket.until": ("Có hiệu lực đến", "Valid until"),
        "basket.progress": ("Đã thanh toán {done} trên {total} lần chuyển", "{done} of {total} transfers paid"),
        "basket.part": ("Lần chuyển {number}: {agency}", "Transfer {number}: {agency}"),
        "basket.dues": ("{count} khoản", "{count} dues"),
        "basket.what": ("Nộp cho những hồ sơ nào", "What each transfer is for"),
        "basket.what_of": ("Lần chuyển {number}: {agency}", "Transfer {number}: {agency}"),
        "basket.print_do": ("In đề nghị thanh toán", "Print the request"),
        "basket.open": ("Mở trang thanh toán", "Open its payment page"),
        "basket.zip": ("Tải mọi biên lai (ZIP: XML, PDF, XLSX)", "Download all receipts (ZIP: XML, PDF, XLSX)"),
        "basket.print": (
            "Dùng lệnh in của trình duyệt để có bản giấy.",
            "Use your browser's print command for a paper copy.",
        ),
        "basket.left": ("Không có trong đề nghị này", "Not in this request"),
        "left.unknown": ("Không có hồ sơ này của người nộp", "No such dossier of this payer"),
        "left.paid": ("Đã nộp", "Paid"),
        "left.nothing_due": ("Không phải nộp", "Nothing due"),
        "left.too_large": ("Vượt mức một lần chuyển", "Above what one transfer may carry"),
        "left.refused": ("Cơ quan chưa thu được lúc này", "The agency cannot collect now"),
        "basket.state.pending": ("Chờ thanh toán", "Waiting"),
        "basket.state.paid": ("Đã thanh toán", "Paid"),
        "basket.state.expired": ("Đã hết hạn", "Expired"),
        "basket.state.failed": ("Không thành", "Failed"),
        "basket.state.checking": ("Đang kiểm tra", "Checking"),
    }
)
