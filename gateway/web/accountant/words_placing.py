"""What the pages say of money that is divided and of evidence beside a break, Vietnamese first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "acc.placing.reference": (
            "Mã thanh toán, hoặc mã hồ sơ (thêm /2 cho khoản thứ hai)",
            "Payment reference, or dossier code (with /2 for its second due)",
        ),
        "acc.split": ("Chia cho nhiều khoản", "Split between several"),
        "acc.split_note": (
            "Tiền treo: {amount}. Ghi số tiền từng phần; phần không ghi vẫn treo. Người thứ hai duyệt cả phép chia.",
            "In suspense: {amount}. Say how much goes where; what no part takes stays in suspense. A second person "
            "agrees to the whole split.",
        ),
        "acc.split_rows": ("Các phần", "Parts"),
        "acc.split_row": ("Phần {n}: mã", "Part {n}: reference"),
        "acc.split_amount": ("Phần {n}: số tiền (đồng)", "Part {n}: amount (VND)"),
        "acc.split_to": ("Mã thanh toán hoặc hồ sơ", "Payment or dossier"),
        "acc.split_how_much": ("Số tiền (đồng)", "Amount (VND)"),
        "acc.split_more": ("Thêm dòng", "More rows"),
        "acc.split_needs_line": (
            "Khoản này chưa có dòng sao kê; chia được khi sao kê đã nạp.",
            "No statement line proves this money yet; it can be split once the statement is in.",
        ),
        "acc.about.split": ("Chia tiền treo cho nhiều khoản", "Split money between several"),
        "acc.placed": ("Đã phân bổ", "Placed"),
        "acc.placed_settled": ("đã thu", "settled"),
        "acc.placed_held": ("đang giữ chờ đủ", "held until it is enough"),
        "acc.placed_by": ("{asked} đề nghị, {agreed} duyệt", "asked by {asked}, agreed by {agreed}"),
        "acc.evidence": ("Tệp đính kèm", "Attached"),
        "acc.evidence_add": ("Đính kèm chứng cứ", "Attach evidence"),
        "acc.evidence_file": ("Tệp", "File"),
        "acc.evidence_hint": (
            "PDF, PNG, JPEG hoặc XLSX, tối đa 5 MB. Lưu mã hóa; không sửa, không xóa được.",
            "PDF, PNG, JPEG or XLSX, 5 MB at most. Kept encrypted; never changed or deleted.",
        ),
        "acc.evidence_text": ("Hoặc ghi nội dung", "Or write it down"),
        "acc.evidence_do": ("Đính kèm", "Attach"),
        "acc.evidence_none": ("Văn bản", "Text"),
        "acc.evidence_open": ("Tải về {name}", "Download {name}"),
        "acc.evidence_size": ("{size} KB", "{size} KB"),
        "acc.evidence_digest": ("SHA-256", "SHA-256"),
        "acc.done.evidence": ("Đã đính kèm.", "Attached."),
        "acc.media.pdf": ("PDF", "PDF"),
        "acc.media.png": ("ảnh PNG", "PNG image"),
        "acc.media.jpeg": ("ảnh JPEG", "JPEG image"),
        "acc.media.xlsx": ("bảng XLSX", "XLSX sheet"),
        "acc.media.text": ("ghi chép", "written"),
    }
)
