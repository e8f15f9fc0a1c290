"""What the administrator's page of counters and devices says, Vietnamese first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "places.title": ("Quầy và thiết bị", "Counters and devices"),
        "places.intro": (
            "Chỉ quầy, máy và thẻ QR có tên ở đây mới được dùng. Ngừng dùng không xóa lịch sử.",
            "Only what is listed here may be used. What is taken out of use keeps its past.",
        ),
        "places.counters": ("Quầy", "Counters"),
        "places.counter": ("Quầy", "Counter"),
        "places.counter_name": ("Tên quầy", "Name of the counter"),
        "places.paper": ("Khổ giấy", "Paper"),
        "places.window": ("Màn hình khách", "Payer's window"),
        "places.open_window": ("Mở", "Open"),
        "places.printers": ("Máy in", "Printers"),
        "places.printer_name": ("Tên máy in", "Name of the printer"),
        "places.cards": ("Thẻ QR in sẵn", "Printed QR cards"),
        "places.serial": ("Số sê-ri", "Serial"),
        "places.cards_hint": (
            "Số sê-ri in trên thẻ. Khi mở ca, cán bộ quét từng thẻ: thẻ không có ở đây là thẻ lạ.",
            "The serial printed on the card. When a shift opens each card is scanned: one not listed is foreign.",
        ),
        "places.terminals": ("Máy POS", "Card terminals"),
        "places.terminal_name": ("Tên máy", "Name of the terminal"),
        "places.acquirer": ("Ngân hàng thanh toán thẻ", "Acquirer"),
        "places.acquirer_hint": ("Tên ngắn, ví dụ vietinbank.", "A short name such as vietinbank."),
        "places.model": ("Cách kết nối", "Connection"),
        "places.model.lan": ("Mạng nội bộ của quầy", "The counter's network"),
        "places.model.cloud": ("Qua máy chủ của ngân hàng", "Through the acquirer's cloud"),
        "places.model.pull": ("Máy tự lấy phiếu", "The terminal comes for its bills"),
        "places.address": ("Địa chỉ", "Address"),
        "places.address_hint": (
            "máy:cổng, hoặc địa chỉ https; trống khi máy tự lấy phiếu.",
            "host:port or an https address; empty where the terminal comes for its bills.",
        ),
        "places.certificate": ("Chứng thư của máy (PEM)", "The terminal's certificate (PEM)"),
        "places.account": ("Tài khoản nhận tiền", "Account the acquirer pays into"),
        "places.decimals": ("Số tiền gửi tới máy", "Amounts sent to the terminal"),
        "places.decimals.0": ("đồng, không số lẻ", "đồng, no decimals"),
        "places.decimals.2": ("hai số lẻ ngầm định", "two implied decimals"),
        "places.token": ("Mã truy cập đám mây", "The cloud's token"),
        "places.no_counter": ("Chưa gắn quầy", "At no counter yet"),
        "places.state": ("Tình trạng", "State"),
        "places.seen": ("liên lạc lúc {moment}", "heard at {moment}"),
        "places.never_seen": ("chưa liên lạc", "not heard yet"),
        "places.lost": ("mất liên lạc: {reason}", "lost: {reason}"),
        "places.add": ("Thêm", "Add"),
        "places.add_counter": ("Thêm quầy", "Add a counter"),
        "places.add_printer": ("Thêm máy in", "Add a printer"),
        "places.add_card": ("Thêm thẻ QR", "Add a QR card"),
        "places.add_terminal": ("Thêm máy POS", "Add a terminal"),
        "places.retire": ("Ngừng dùng", "Retire"),
        "places.retire_this": ("Ngừng dùng {name}", "Retire {name}"),
        "places.act": ("Việc", "Act"),
        "places.none": ("Chưa có", "None yet"),
    }
)
