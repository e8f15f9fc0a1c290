"""Which office a trial is about: names, numbers and places, all made up or marked as sample data."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.remitting.model import Treasury

AGENCY = "H56.TTPVHCC"


@dataclass(frozen=True, slots=True)
class Office:
    """One agency as its papers name it."""

    agency: str  # its id
    name: str
    holder: str  # of its accounts, as the bank writes it
    signer: str  # the organisation in the DEMO certificate
    tax_code: str
    address: str
    phone: str
    identifier: str  # mã định danh of the province, QĐ 20/2020/QĐ-TTg
    dossiers: str  # what its dossier codes begin with
    province: str
    persons: str  # what its citizens' identity numbers begin with (TT 07/2016/TT-BCA)
    places: tuple[str, ...]
    firms: tuple[tuple[str, str], ...]  # name, tax code
    treasury: Treasury

    @property
    def hook(self) -> str:
        """Where its bank sends notices to."""
        return f"/callbacks/{self.agency}/vietinbank"


THANH_HOA = Office(
    agency=AGENCY,
    name="Trung tâm Phục vụ hành chính công tỉnh Thanh Hóa (dữ liệu mẫu)",
    holder="TT PVHCC TINH THANH HOA",
    signer="TT PVHCC tỉnh Thanh Hóa",
    tax_code="2809999004",
    address="28 Đại lộ Lê Lợi, Thanh Hóa",
    phone="0237 000 0000",
    identifier="H56",
    dossiers="H56.17",
    province="tỉnh Thanh Hóa",
    persons="038",
    places=("phường Hạc Thành", "phường Sầm Sơn", "xã Thọ Xuân", "xã Hoằng Hóa", "phường Bỉm Sơn"),
    firms=(
        ("Công ty TNHH Sông Mã Xanh", "2809999075"),
        ("Công ty CP Xây dựng Lam Kinh", "2809999149"),
        ("Hợp tác xã Nông sản Thọ Xuân", "2809999212"),
    ),
    treasury=Treasury(
        name="Kho bạc Nhà nước Khu vực XI (dữ liệu mẫu)",
        account="3511000000001",
        bin="970405",
        authority_code="2800001",
        authority="Sở Tài chính tỉnh Thanh Hóa",
        unit_code="1099999",
        area_code="38000",
        due_rule="weekly:5",
    ),
)

HUONG_THUY = Office(
    agency="H57.HUONGTHUY",
    name="Trung tâm Phục vụ hành chính công phường Hương Thủy, thành phố Huế (dữ liệu mẫu)",
    holder="TT PVHCC PHUONG HUONG THUY",
    signer="TT PVHCC phường Hương Thủy",
    tax_code="3301999006",
    address="phường Hương Thủy, thành phố Huế",
    phone="0234 000 0000",
    identifier="H57",
    dossiers="H57.55",
    province="thành phố Huế",
    persons="046",
    places=("phường Hương Thủy", "phường Phú Bài", "phường Thanh Thủy", "xã Phú Vang", "xã Hưng Lộc"),
    firms=(
        ("Công ty TNHH Phú Bài Xanh", "3301999013"),
        ("Công ty CP Mộc Thủy Thanh", "3301999020"),
        ("Hợp tác xã Nông nghiệp Thủy Châu", "3301999038"),
    ),
    treasury=Treasury(
        name="Kho bạc Nhà nước Khu vực XIII (dữ liệu mẫu)",
        account="3511000000002",
        bin="970405",
        authority_code="3300001",
        authority="UBND phường Hương Thủy",
        unit_code="1099998",
        area_code="46000",
        due_rule="weekly:5",
    ),
)
