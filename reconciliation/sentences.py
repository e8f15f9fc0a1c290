"""The words for each rule of the passes, Vietnamese and English side by side.

`{self}` is the line or payment spoken of and begins each sentence; `{other}` is what it belongs with.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "structured.equal": (
        "{self} khớp với {other}: mã {ref} ở trường tham chiếu, số tiền {amount} bằng nhau.",
        "{self} matches {other}: reference {ref} in the reference field, amounts equal at {amount}.",
    ),
    "memo.equal": (
        "{self} khớp với {other}: mã {ref} {where}, số tiền {amount} bằng nhau.",
        "{self} matches {other}: reference {ref} {where}, amounts equal at {amount}.",
    ),
    "one_to_many.equal": (
        "{self} khớp với {other}: một dòng trả chung {payments} thanh toán, tổng {came} bằng nhau.",
        "{self} matches {other}: one line pays {payments} payments together, sums equal at {came}.",
    ),
    "many_to_one.equal": (
        "{self} khớp với {other}: {lines} dòng cùng mã {ref} cộng lại đúng {came}.",
        "{self} matches {other}: {lines} lines with reference {ref} add up to exactly {came}.",
    ),
    "component.equal": (
        "{self} khớp với {other}: {lines} dòng và {payments} thanh toán dẫn chiếu chéo nhau, tổng {came} bằng nhau.",
        "{self} matches {other}: {lines} lines and {payments} payments name one another, sums equal at {came}.",
    ),
    "component.batches_equal": (
        "{self} khớp với {other}: {lines} dòng trả {payments} lô POS, tổng thực nhận {came} đúng bằng tệp quyết toán.",
        "{self} matches {other}: {lines} lines pay {payments} POS batches, their net of {came} is as settled.",
    ),
    "component.unequal": (
        "{self} dẫn chiếu chéo với {other} và chưa phân định được: {lines} dòng tổng {came}, {payments} thanh toán "
        "tổng {expected}. Cần người chọn.",
        "{self} is entangled with {other} and cannot be told apart: {lines} lines sum to {came}, {payments} payments "
        "to {expected}. A person has to choose.",
    ),
    "batch.equal": (
        "{self} khớp với {other} theo lô POS {ref}: tiền về {came} đúng bằng số thực nhận trong tệp quyết toán, "
        "tức {gross} doanh số trừ {taken} phí dịch vụ thanh toán và khoản bị thu lại, nếu có.",
        "{self} matches {other} by POS batch {ref}: {came} came in, exactly the net of the settlement file, "
        "that is {gross} of sales less {taken} of commission and of anything taken back.",
    ),
    "batch.lump_differs": (
        "{self} thuộc lô POS {ref} cùng {other}, nhưng tiền về {came} khác số thực nhận {expected} trong tệp quyết "
        "toán, lệch {gap}. Cần khiếu nại với ngân hàng thanh toán.",
        "{self} belongs to POS batch {ref} with {other}, but {came} came in where the settlement file nets "
        "{expected}, {gap} apart. A claim to the acquirer.",
    ),
    "batch.row_differs": (
        "{self} thuộc lô POS {ref} cùng {other}: tiền về {came} đúng bằng số thực nhận, nhưng có dòng quyết toán sai "
        "mã, sai doanh số hoặc sai phí dịch vụ thanh toán. Cần khiếu nại với ngân hàng thanh toán.",
        "{self} belongs to POS batch {ref} with {other}: {came} came in as netted, but a settlement row has the wrong "
        "reference, gross or commission. A claim to the acquirer.",
    ),
    "receipt.missing": (
        "{self} đúng mã, đúng số tiền {came} và đúng tài khoản với {other}, nhưng thanh toán chưa được ghi nhận thành "
        "công hoặc chưa có biên lai. Cần ghi nhận và xuất biên lai.",
        "{self} agrees with {other} in reference, in the amount of {came} and in account, but a payment is not settled "
        "or has no receipt. Settle it and issue the receipt.",
    ),
    "receipt.missing_beside": (
        "{self} đã có biên lai và đúng số tiền với {other}, nhưng một thanh toán khác trả chung còn chưa ghi nhận hoặc "
        "chưa có biên lai, nên cả nhóm chưa đóng.",
        "{self} has its receipt and agrees with {other} in the amount, but another payment of the same money is not "
        "settled or has no receipt, so the group stays open.",
    ),
    "receipt.missing_among": (
        "{self} cùng {other} có tổng {came} bằng nhau, nhưng có thanh toán chưa ghi nhận thành công hoặc chưa có biên "
        "lai. Cần ghi nhận và xuất biên lai.",
        "{self} and {other} have equal sums of {came}, but a payment among them is not settled or has no receipt. "
        "Settle it and issue the receipt.",
    ),
    "amount.under": (
        "{self} đúng mã {ref} với {other} nhưng thiếu {gap}: tiền về {came}, phải thu {expected}.",
        "{self} has the right reference {ref} with {other} but is {gap} short: {came} came in, {expected} was due.",
    ),
    "amount.over": (
        "{self} đúng mã {ref} với {other} nhưng thừa {gap}: tiền về {came}, phải thu {expected}. Cần hoàn phần thừa.",
        "{self} has the right reference {ref} with {other} but is {gap} over: {came} came in, {expected} was due. "
        "Refund the excess.",
    ),
    "duplicate.again": (
        "{self} trả thêm lần nữa cho {other}: mã {ref} {where} đã có dòng khác khớp đủ tiền. Đề nghị hoàn {amount}.",
        "{self} pays once more for {other}: another line already covers reference {ref} {where} in full. "
        "A refund of {amount} is proposed.",
    ),
    "account.wrong": (
        "{self} đúng mã {ref} với {other}, nhưng tiền {came} vào một tài khoản thu khác của cơ quan. "
        "Cần lệnh chuyển về đúng tài khoản.",
        "{self} has the right reference {ref} with {other}, but the {came} came to another collection account of "
        "ours. It has to be transferred.",
    ),
    "account.wrong_again": (
        "{self} mang mã {ref} của {other}, thanh toán đã có dòng khác, và {came} này lại vào một tài khoản thu khác "
        "của cơ quan. Cần lệnh chuyển hoặc hoàn trả.",
        "{self} carries reference {ref} of {other}, which another line already pays, and this {came} came to another "
        "collection account of ours. It has to be transferred or refunded.",
    ),
    "reference.none": (
        "{self} ghi có {came} không mang mã thanh toán hợp lệ nào. Tiền vào mục treo, chờ người xem gợi ý.",
        "{self} credits {came} without any valid payment reference. It goes to suspense until a person looks.",
    ),
    "reference.unissued": (
        "{self} ghi có {came} mang mã {ref} đúng quy cách nhưng không có trong các thanh toán. Tiền vào mục treo.",
        "{self} credits {came} with reference {ref}, well formed but not among the payments. It goes to suspense.",
    ),
    "transfer.own": (
        "{self} là điều chuyển {amount} giữa các tài khoản của chính cơ quan.",
        "{self} moves {amount} between our own accounts.",
    ),
    "interest.marked": (
        "{self} là tiền lãi {amount} do ngân hàng ghi.",
        "{self} is interest of {amount}, so marked by the bank.",
    ),
    "fee.marked": (
        "{self} là phí ngân hàng {amount}.",
        "{self} is a bank fee of {amount}.",
    ),
    "remittance.order": (
        "{self} nộp {amount} vào Kho bạc theo lệnh {ref}.",
        "{self} remits {amount} to the Treasury by order {ref}.",
    ),
    "remittance.words": (
        "{self} chi {amount} với nội dung nộp ngân sách; chưa có danh sách lệnh nộp để đối chiếu.",
        "{self} pays out {amount} with the words of a remittance to the Treasury; no list of orders was given to "
        "check it by.",
    ),
    "refund.order": (
        "{self} chi ra {amount} theo lệnh hoàn {ref}: đã hoàn cho người nộp.",
        "{self} pays out {amount} by refund order {ref}: given back to the payer.",
    ),
    "refund.reference": (
        "{self} chi ra {amount} mang mã {ref} của {other}: hoàn trả, ghi đối ứng với lệnh hoàn.",
        "{self} pays out {amount} with reference {ref} of {other}: a refund, to be booked against its order.",
    ),
    "refund.returned": (
        "{self} là bút toán đảo, trả lại {amount} đã chi theo mã {ref} của {other}: lần hoàn trả đó không thành.",
        "{self} reverses a debit and gives back {amount} paid out under reference {ref} of {other}: that refund failed.",
    ),
    "chargeback.sale": (
        "{self} thu lại {amount} của giao dịch POS đã ghi nhận, mã {ref} của {other}: bồi hoàn, cần mở việc khiếu nại.",
        "{self} takes back {amount} of a settled POS sale, reference {ref} of {other}: a chargeback to dispute.",
    ),
    "chargeback.batch": (
        "{self} thu lại {amount} theo lô POS {ref}: bồi hoàn, cần mở việc khiếu nại.",
        "{self} takes back {amount} by POS batch {ref}: a chargeback to dispute.",
    ),
    "chargeback.row": (
        "{self} đã ghi nhận {amount} nhưng bị ngân hàng thanh toán thu lại bằng dòng âm trong lô POS {ref}: "
        "bồi hoàn, cần mở việc khiếu nại.",
        "{self} of {amount} was settled, but the acquirer took it back by a negative row of POS batch {ref}: "
        "a chargeback to dispute.",
    ),
    "debit.unknown": (
        "{self} ghi nợ {amount} không rõ lý do: không có mã, không phải phí, lãi hay điều chuyển. Cần kiểm tra ngay.",
        "{self} debits {amount} for no known reason: no reference, no fee, no transfer. Look into it at once.",
    ),
    "batch.unpaid": (
        "{self} có trong lô POS {ref} của tệp quyết toán nhưng chưa thấy tiền của lô ({expected}), đến hạn {due}.",
        "{self} is in POS batch {ref} of the settlement file, but the batch ({expected}) has not come in; due {due}.",
    ),
    "cash.slip": (
        "{self} bằng tiền mặt {amount}: đã lập giấy nộp tiền {ref}, chưa có trên sao kê, hạn nộp {due}: chờ.",
        "{self} is cash, {amount}: deposit slip {ref} is drawn up and not yet on the statement, due {due}: wait.",
    ),
    "cash.slip_late": (
        "{self} bằng tiền mặt: giấy nộp tiền {ref} ({expected}) quá hạn {due} vẫn chưa có trên sao kê. Cần hỏi người nộp "
        "tiền vào ngân hàng.",
        "{self} is cash: deposit slip {ref} ({expected}), due {due}, is still not on the statement. Ask who took it to "
        "the bank.",
    ),
    "cash.drawer": (
        "{self} bằng tiền mặt {amount}, còn trong ngăn kéo của ca, chưa lập giấy nộp tiền (hạn {due}): chờ.",
        "{self} is cash, {amount}, still in the drawer of its shift without a deposit slip (due {due}): wait.",
    ),
    "cash.kept": (
        "{self} bằng tiền mặt {amount}: quá hạn {due} vẫn chưa lập giấy nộp tiền nào. Cần đóng ca và nộp ngân hàng.",
        "{self} is cash, {amount}: past {due} it is in no deposit slip. Close the shift and bring it to the bank.",
    ),
    "receipt.without_money": (
        "{self} đã có biên lai nhưng chưa thành công và không thấy tiền {amount}. Cần người xử lý, không hủy biên lai.",
        "{self} has a receipt, but it is not settled and its {amount} is not there. A person has to act; the receipt "
        "stays.",
    ),
    "payment.open": (
        "{self} chưa thành công, chưa có tiền, chưa có biên lai: không phải làm gì.",
        "{self} is not settled and has neither money nor receipt: nothing to do.",
    ),
    "cutoff.inside": (
        "{self} đã thành công, {amount} chưa về nhưng còn trong thời hạn thanh toán của kênh (đến hạn {due}): chờ.",
        "{self} is settled; its {amount} has not come in yet but is within the settlement time (due {due}): wait.",
    ),
    "settlement.missing": (
        "{self} bằng POS đã thành công, quá hạn {due} mà không có trong tệp quyết toán: thiếu {amount}.",
        "{self} by POS is settled but, past its due day {due}, is not in the settlement file: {amount} missing.",
    ),
    "bank.missing": (
        "{self} đã thành công nhưng quá hạn {due} mà sao kê không có tiền: thiếu {amount}. Cần hỏi bên cung cấp.",
        "{self} is settled but, past its due day {due}, its {amount} is not in the statement. Ask the provider.",
    ),
    "person.decided": (
        "{self} được xếp cùng {other} theo quyết định của người phụ trách.",
        "{self} was put together with {other} by a person's decision.",
    ),
}
