"""What the officers' login and start pages say, Vietnamese first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "officer.refused": ("Chưa thực hiện được", "This was not done"),
        "officer.login": ("Đăng nhập cán bộ", "Officers' login"),
        "officer.login_intro": (
            "Dùng tài khoản công vụ của bạn. Mỗi việc làm ở đây được ghi lại với họ tên.",
            "Use your official account. Everything done here is recorded with your name.",
        ),
        "officer.login_go": ("Đăng nhập bằng tài khoản công vụ", "Log in with the official account"),
        "officer.login_none": (
            "Chưa có máy chủ đăng nhập: đặt THUPHI_OIDC_ISSUER.",
            "There is no identity provider: set THUPHI_OIDC_ISSUER.",
        ),
        "officer.demo_intro": (
            "Bản dùng thử: chọn một cán bộ mẫu. Bản thật dùng máy chủ đăng nhập của tỉnh.",
            "Trial: choose a sample officer. A real installation uses the province's identity provider.",
        ),
        "officer.demo_as": ("Vào với tên {name}", "Enter as {name}"),
        "officer.home": ("Bàn làm việc", "Workplace"),
        "officer.hello": ("{name} · {agency}", "{name} · {agency}"),
        "officer.logout": ("Đăng xuất", "Log out"),
        "officer.nav": ("Các màn hình", "Screens"),
        "officer.no_screens": ("Chưa có màn hình nào cho vai trò của bạn.", "There is no screen for your role yet."),
        "role.assistant": ("Hướng dẫn", "Assistant"),
        "role.counter": ("Thu tại quầy", "Counter"),
        "role.accountant": ("Kế toán", "Accountant"),
        "role.approver": ("Duyệt", "Approver"),
        "role.admin": ("Quản trị", "Administrator"),
        "role.auditor": ("Kiểm tra", "Auditor"),
    }
)
