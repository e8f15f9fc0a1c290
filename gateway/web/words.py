"""More of what the citizen's pages say: trouble and refunds, other payers, checks of files and codes, pages that stand.

Vietnamese first, as in language.py, which tells every page of them.
"""

from __future__ import annotations

from gateway.web.language import learn

TEXTS = learn(
    {
        # when things are not plain
        "next.heading": ("Tiền của bạn và bước tiếp theo", "Your money and what comes next"),
        "closed": ("Hiện chưa thu được khoản này", "This cannot be collected now"),
        "explain.late": (
            "Tiền đến sau khi mã hết hạn ({moment}); tiền vẫn được ghi nhận đầy đủ.",
            "The money came after the code's time ({moment}); it counts in full.",
        ),
        "explain.busy": (
            "Khoản này đang được trả trên máy quẹt thẻ; mã QR tạm ẩn để không ai trả hai lần.",
            "It is being paid on a card terminal just now; the QR is hidden so that nobody pays twice.",
        ),
        "explain.busy_next": (
            "Máy quẹt thẻ trả lời xong thì mã hiện lại, hoặc biên lai hiện tại đây.",
            "When the terminal has answered, the code comes back, or the receipt appears here.",
        ),
        "explain.checking": (
            "Tin về khoản tiền chưa đủ chắc chắn để lập biên lai.",
            "The word of the money is not yet certain enough for a receipt.",
        ),
        "explain.if_sent": (
            "Tiền đã chuyển không mất: tin đến chậm thì tiền vẫn được tính.",
            "Money that was sent is not lost: it counts, however late the word of it comes.",
        ),
        "explain.checking_next": (
            "Sổ phụ ngân hàng sẽ quyết định, thường trong ngày làm việc. Xin đừng chuyển lần nữa.",
            "The bank's statement decides, usually within the working day. Please do not transfer again.",
        ),
        "explain.surplus": (
            "Đã nhận {amount} ngoài số phải nộp.",
            "{amount} came in beyond what was due.",
        ),
        "explain.safe": (
            "Tiền an toàn trong tài khoản của cơ quan thu và đã được ghi sổ.",
            "The money is safe in the agency's account and is on the books.",
        ),
        "explain.surplus_next": (
            "Cơ quan thu sẽ trả lại vào tài khoản đã chuyển. Bạn không phải làm gì; kết quả hiện tại đây.",
            "The agency will return it to the account it came from. There is nothing to do; the result appears here.",
        ),
        "refund.reviewing": ("Đang xét hoàn trả", "Refund under review"),
        "refund.reviewing.note": (
            "Đề nghị từ {moment}. Hai người của cơ quan thu phải duyệt; tiền vẫn an toàn.",
            "Asked on {moment}. Two officers have to approve it; the money is safe meanwhile.",
        ),
        "refund.processing": ("Đang chuyển trả", "Refund on its way"),
        "refund.processing.note": (
            "Đã được duyệt (đề nghị từ {moment}); ngân hàng đang chuyển tiền về tài khoản của bạn.",
            "Approved (asked on {moment}); the bank is sending the money to your account.",
        ),
        "refund.returned": ("Đã hoàn trả", "Refunded"),
        "refund.returned.note": ("Tiền đã rời tài khoản cơ quan thu lúc {moment}.", "The money left on {moment}."),
        "refund.refused": ("Không hoàn trả", "Refund refused"),
        "refund.refused.note": (
            "Đề nghị từ {moment} không được chấp nhận. Xin liên hệ cơ quan thu để biết lý do.",
            "What was asked on {moment} was refused. Please ask the agency for the reason.",
        ),
        # I have sent the money
        "sent.link": ("Tôi đã chuyển tiền", "I have sent the money"),
        "sent.title": ("Bạn đã chuyển tiền", "You have sent the money"),
        "sent.nothing": (
            "Bấm vào đây không thay đổi gì: chỉ tin báo có của ngân hàng mới ghi nhận thanh toán.",
            "Pressing this changes nothing: only the bank's notice records a payment.",
        ),
        "sent.soon": (
            "Phần lớn khoản chuyển đến trong vài giây, một số ngân hàng mất vài phút.",
            "Most transfers arrive within seconds; some banks take a few minutes.",
        ),
        "sent.safe": (
            "Tiền đã rời tài khoản của bạn thì không mất: đến muộn, thiếu hay sai nội dung đều được giữ và xử lý.",
            "Money that left your account is not lost: late, short or with a wrong memo, it is kept and dealt with.",
        ),
        "sent.no_more": (
            "Xin đừng chuyển lần thứ hai. Trang thanh toán tự cập nhật; bạn có thể đóng và mở lại bất cứ lúc nào.",
            "Please do not transfer twice. The payment page updates by itself; close and open it at any time.",
        ),
        "sent.later": ("Quá 30 phút mà chưa thấy?", "More than 30 minutes and nothing?"),
        "sent.keep": (
            "Giữ ảnh màn hình ngân hàng và mã thanh toán {reference}, rồi liên hệ {agency}",
            "Keep your bank's confirmation and the reference {reference}, and contact {agency}",
        ),
        "sent.claim": ("Báo đã trả mà chưa thấy", "Report: paid, but nothing shows"),
        "sent.back": ("Trở lại trang thanh toán", "Back to the payment"),
        # another pays; banks' apps
        "other_payer.heading": ("Nhờ người khác nộp hộ", "Let somebody else pay"),
        "other_payer.note": (
            "Ai cũng có thể quét mã này và trả từ tài khoản của họ; biên lai vẫn mang tên người nộp của hồ sơ. "
            "Gửi ảnh QR, hoặc liên kết này nếu bạn muốn họ thấy cả hồ sơ và biên lai:",
            "Anybody may scan the code and pay from their own account; the receipt keeps the payer's name. "
            "Send the QR image, or this link if they may see the dossier and the receipt too:",
        ),
        "other_payer.link": ("liên kết thanh toán", "payment link"),
        "banks.heading": ("Mở ứng dụng ngân hàng", "Open a bank's app"),
        "banks.hint": (
            "Liên kết qua vietqr.io: bên đó sẽ thấy số tài khoản, số tiền và nội dung.",
            "By way of vietqr.io, which sees the account, the amount and the memo.",
        ),
        "restricted.purpose": ("Khoản thu theo hồ sơ đã tiếp nhận", "Payment for a registered dossier"),
        "restricted.item": ("Khoản phải nộp", "Item"),
        "restricted.payer": ("Không hiển thị", "Not shown"),
        # receipts
        "receipt.slip": ("Phiếu khổ 80 mm", "80 mm slip"),
        "receipt.whole": ("Xem đầy đủ biên lai", "See the whole receipt"),
        "receipt.whole_note": (
            "Để bảo vệ người nộp, tệp gốc cần thêm một thông tin: mã hồ sơ, mã thanh toán, "
            "hoặc số định danh / mã số thuế của người nộp.",
            "To protect the payer, the files need one more fact: the dossier code, the payment reference, or the "
            "payer's identity number or tax code.",
        ),
        "receipt.fact": ("Một thông tin nữa", "One more fact"),
        "receipt.fact_wrong": (
            "Thông tin này không khớp với biên lai.",
            "This does not fit the receipt.",
        ),
        "rating.question": ("Việc nộp phí hôm nay thế nào?", "How was paying today?"),
        "rating.hint": (
            "Không bắt buộc. Chỉ ghi một con số, không ghi tên bạn.",
            "Optional. Only a number is kept, not your name.",
        ),
        "rating.thanks": ("Cảm ơn bạn đã trả lời", "Thank you for your answer"),
        "rating.5": ("Rất tốt", "Very good"),
        "rating.4": ("Tốt", "Good"),
        "rating.3": ("Được", "Fair"),
        "rating.2": ("Kém", "Poor"),
        "rating.1": ("Rất kém", "Very poor"),
        # a dossier's code and a second fact
        "dossier.title": ("Tìm khoản phải nộp của hồ sơ", "Find what a dossier owes"),
        "dossier.intro": (
            "Ngoài mã hồ sơ, cần số mà chỉ người nộp biết. Số này không được lưu lại và không hiện lên màn hình.",
            "Beside the code we need a number that only the payer knows. It is neither kept nor shown.",
        ),
        "dossier.code": ("Mã hồ sơ", "Dossier code"),
        "dossier.fact": ("Số định danh cá nhân hoặc mã số thuế của người nộp", "Payer's identity number or tax code"),
        "dossier.go": ("Tìm khoản phải nộp", "Find the payment"),
        "dossier.wrong": (
            "Không có hồ sơ nào khớp cả hai thông tin.",
            "No dossier fits both.",
        ),
        "dossier.wrong.note": (
            "Kiểm tra lại từng ký tự, hoặc dùng đường liên kết, mã thanh toán mà cơ quan đã gửi.",
            "Check each character, or use the link or the reference you were sent.",
        ),
        "payments.title": ("Các lệnh thanh toán của hồ sơ", "The dossier's payments"),
        "payments.note": (
            "Hồ sơ này nộp vào nhiều tài khoản, mỗi tài khoản một lệnh.",
            "This dossier is paid into several accounts, one payment each.",
        ),
        "payments.none": ("Hồ sơ này không có khoản phải nộp.", "There is nothing to pay for this dossier."),
        # checking files and codes
        "verify.file_heading": ("Kiểm tra tệp biên lai", "Check a receipt's file"),
        "verify.file_label": ("Tệp XML hoặc PDF của biên lai", "The receipt's XML or PDF file"),
        "verify.file_hint": (
            "Kéo tệp vào đây hoặc chọn tệp, tối đa 1 MB. Tệp chỉ được đọc, không được lưu.",
            "Drop the file here or choose it, up to 1 MB. It is read, not kept.",
        ),
        "verify.file_go": ("Kiểm tra tệp", "Check the file"),
        "verify.code_heading": ("Kiểm tra mã QR", "Check a QR code"),
        "verify.again": ("Kiểm tra cái khác", "Check another one"),
        "verify.no_file": ("Chưa có tệp nào", "There is no file"),
        "verify.no_file.note": ("Hãy chọn tệp XML hoặc PDF của biên lai.", "Choose the receipt's XML or PDF file."),
        "verify.bad_file": ("Không phải biên lai nguyên vẹn", "This is not an intact receipt"),
        "verify.bad_file.note": (
            "Tệp bị sửa, bị thiếu, hoặc do nơi khác ký. Xin đừng dựa vào nội dung của nó.",
            "It was altered, is incomplete, or was signed by somebody else. Do not rely on what it says.",
        ),
        "verify.other_file": ("Không đọc được biên lai trong tệp này", "There is no receipt to be read in this file"),
        "verify.other_file.note": (
            "Chỉ đọc tệp XML, và tệp PDF do hệ thống này lập (có XML đính kèm). Bản in, bản quét thì kiểm tra bằng mã QR.",
            "Only XML files and the PDFs of this system (with the XML attached) are read. For prints and scans, "
            "check the QR code.",
        ),
        "verify.no_trust": ("Chưa kiểm tra được tệp lúc này", "Files cannot be checked right now"),
        "verify.no_trust.note": (
            "Hệ thống chưa có danh sách nơi cấp chứng thư. Xin tra cứu bằng mã tra cứu.",
            "The list of trusted authorities is not available. Use the lookup code instead.",
        ),
        "verify.code": ("Mã lý do", "Reason"),
        "judged.good": ("Biên lai nguyên vẹn, chữ ký đúng", "The receipt is intact and its signature holds"),
        "judged.good.note": (
            "Dưới đây là những gì đã được ký. So với bản bạn đang có.",
            "Below is what was signed. Compare it with what you hold.",
        ),
        "judged.signer": ("Người ký", "Signed by"),
        "judged.signed_at": ("Ký lúc", "Signed on"),
        "judged.since": ("Từ đó đến nay", "Since then"),
        "judged.current": ("Vẫn có hiệu lực, chưa bị thay thế", "Still valid, not replaced"),
        "judged.replaced": ("Đã bị thay thế", "Replaced since"),
        "judged.replaced.note": (
            "Chữ ký đúng, nhưng biên lai này đã được thay bằng biên lai khác.",
            "The signature holds, but another receipt has taken this one's place.",
        ),
        "judged.unknown": (
            "Không có trong sổ của hệ thống này, nên không biết có bị thay thế không",
            "Not in this system's books, so we cannot say whether it was replaced",
        ),
        "judged.own_pdf": ("Tệp PDF", "The PDF file"),
        "judged.own_pdf.yes": ("Đúng từng byte bản chúng tôi đã lập", "Byte for byte the one we made"),
        "judged.own_pdf.no": (
            "Khác bản chúng tôi đã lập: chỉ tin các dòng ở đây",
            "Differs from the one we made: believe only these lines",
        ),
        "asks.ours": ("Mã này là của chúng tôi", "This code is ours"),
        "asks.ours.note": (
            "Tài khoản nhận thuộc cơ quan thu và lệnh thanh toán đang chờ đúng số tiền này.",
            "The account is the agency's and the payment waits for exactly this amount.",
        ),
        "asks.closed": ("Tài khoản đúng, nhưng không có khoản nào chờ", "Our account, but nothing waits for it"),
        "asks.closed.note": (
            "Mã này đã được trả, đã hết hạn hoặc đã đổi số tiền. Xin đừng chuyển; hãy mở lại đường liên kết thanh toán.",
            "The code was paid, has expired or asks another amount. Do not pay it; open the payment's link again.",
        ),
        "asks.foreign": ("Không phải mã của chúng tôi", "This code is not ours"),
        "asks.foreign.note": (
            "Tài khoản nhận không thuộc cơ quan thu nào ở đây. Nếu ai đó đưa mã này để thu phí, xin đừng trả.",
            "The account belongs to none of our agencies. If somebody showed it to you for a fee, do not pay.",
        ),
        "asks.account": ("Tài khoản nhận", "Account"),
        "asks.no_amount": ("Không ghi số tiền", "No amount"),
        # pages that stand
        "access.title": ("Tiếp cận cho mọi người", "Accessibility"),
        "access.aim": (
            "Các trang này theo WCAG 2.2 mức AA và dùng được không cần JavaScript, trên màn hình 320 điểm và khi in.",
            "These pages follow WCAG 2.2, level AA, and work without JavaScript, at 320 pixels and on paper.",
        ),
        "access.tested_heading": ("Đã kiểm tra gì, ngày {day}", "What was tested, on {day}"),
        "access.open_heading": ("Những gì chưa đạt hoặc chưa kiểm tra", "What does not hold yet, or was not tested"),
        "access.help_heading": ("Khi không dùng được, xin báo cho", "When something cannot be used, please tell"),
        "access.help": (
            "Nói rõ trang nào và bạn dùng thiết bị gì; không cần gửi thông tin cá nhân.",
            "Say which page and which device; no personal data is needed.",
        ),
        "access.review": ("Trang này sẽ được kiểm tra lại trước ngày {day}.", "This page is reviewed before {day}."),
        "privacy.title": ("Dữ liệu của bạn", "Your data"),
        "privacy.kept": (
            "Hệ thống chỉ giữ những gì biên lai cần: tên, mã số, địa chỉ người nộp và khoản phải nộp; được mã hóa.",
            "We keep only what a receipt needs: the payer's name, number and address and what was due; encrypted.",
        ),
        "privacy.seen": (
            "Đường liên kết thanh toán là chìa khóa: ai có nó thì thấy lệnh đó. Trang công khai chỉ hiện tên che bớt.",
            "The payment link is the key: who holds it sees that payment. Public pages show masked names only.",
        ),
        "privacy.cookies": (
            "Trang của người dân không dùng cookie, không theo dõi, không tải gì từ nơi khác.",
            "Citizens' pages set no cookies, track nobody, and load nothing from elsewhere.",
        ),
        "privacy.long": (
            "Biên lai được lưu ít nhất 10 năm theo luật kế toán (Nghị định 174/2016/NĐ-CP); tin nhắn ngân hàng có hạn xóa.",
            "Receipts are kept 10 years at least, as accounting law demands; messages of banks have an end date.",
        ),
        "privacy.rights": (
            "Muốn xem, sửa hoặc khiếu nại (Luật 91/2025/QH15): liên hệ cơ quan thu ghi trên biên lai.",
            "To see, correct or complain (Law 91/2025/QH15): ask the agency named on the receipt.",
        ),
        "security.title": ("Báo lỗ hổng bảo mật", "Report a weakness"),
        "security.how": (
            "Gọi hoặc viết cho cơ quan thu ghi trên trang thanh toán, nói rõ “bảo mật Thu Phí”, trang nào, cách lặp lại. "
            "Xin đừng thử với dữ liệu của người khác và đừng công bố trước khi được sửa.",
            "Call or write to the agency named on the payment page, say “Thu Phí security”, which page, and how to "
            "repeat it. Please do not try it on others' data, nor publish it before it is mended.",
        ),
        # refusals
        "problem.no_page": ("Không có trang này", "There is no such page"),
        "problem.no_page.note": (
            "Địa chỉ có thể bị thiếu ký tự. Hãy mở lại từ tin nhắn, hoặc tìm bằng mã ở trang đầu.",
            "The address may be incomplete. Open it again from your message, or search by code on the home page.",
        ),
        "problem.too_large": ("Tệp quá lớn", "The file is too large"),
        "problem.too_large.note": ("Tối đa 1 MB.", "1 MB at most."),
        "problem.not_taken": ("Chưa thực hiện được", "That was not possible"),
        "problem.not_taken.note": (
            "Yêu cầu không đọc được. Hãy quay lại trang trước và thử lại.",
            "The request could not be read. Go back and try again.",
        ),
        "problem.ours": ("Hệ thống đang gặp trục trặc", "Something went wrong on our side"),
        "problem.ours.note": (
            "Tiền của bạn không bị ảnh hưởng: mọi tin báo có đều được giữ lại. Xin thử lại sau ít phút.",
            "Your money is not affected: every notice of a bank is kept. Please try again in a few minutes.",
        ),
        "problem.request_id": ("Mã yêu cầu: {request_id}", "Request: {request_id}"),
    }
)
