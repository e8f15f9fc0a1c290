"""An agency's theme: kept, served under an address that changes with it, and refused where nobody could read it."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient
from typer.testing import CliRunner

from gateway.agencies import AgencyMissing
from gateway.cli import build
from gateway.web import colour, logo, theme
from gateway.web.theme import ThemeChange, ThemeInvalid
from tests.town import AGENCY, Town


def wear(town: Town, **asked: object) -> theme.Theme:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        return theme.change(uow, AGENCY, ThemeChange(**asked))  # type: ignore[arg-type]


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 200)) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, kind)
    return out.getvalue()


def test_without_a_theme_the_agency_has_its_own_name(town: Town, client: TestClient) -> None:
    page = client.get(f"/vi/pay/{town.payment().token}").text
    assert '<b lang="vi">Sở Xây dựng tỉnh Thanh Hóa</b>' in page
    assert "/theme/" not in page


def test_a_theme_is_on_every_page_of_its_agency(town: Town, client: TestClient) -> None:
    worn = wear(town, name="  Xây dựng  Thanh Hóa ", accent="#7A1F5C", logo=picture())
    payment = town.payment()
    for path in (f"/vi/pay/{payment.token}", f"/en/payments/{payment.reference}", f"/vi/pay/{payment.token}/sent"):
        page = client.get(path).text
        assert '<b lang="vi">Xây dựng Thanh Hóa</b>' in page
        assert f'href="{worn.css_url}"' in page and f'src="{worn.logo_url}"' in page
    css = client.get(worn.css_url)
    assert css.headers["content-type"].startswith("text/css")
    assert "--accent: #7a1f5c;" in css.text and "--band: #b3261e;" in css.text
    assert "immutable" in css.headers["cache-control"]
    assert client.get(f"/theme/{AGENCY}/000000000000.css").status_code == 404
    assert client.get(worn.css_url.replace(AGENCY, "H99")).status_code == 404


def test_a_change_keeps_the_rest_and_changes_the_address(town: Town, client: TestClient) -> None:
    first = wear(town, accent="#7a1f5c", logo=picture())
    second = wear(town, band="#004d40")
    assert (second.accent, second.band, second.has_logo) == ("#7a1f5c", "#004d40", True)
    assert second.version != first.version
    assert client.get(first.css_url).status_code == 404
    third = wear(town, logo=b"")
    assert not third.has_logo and client.get(f"/theme/{AGENCY}/{third.version}.png").status_code == 404


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_drawn_anew_and_small(kind: str, town: Town, client: TestClient) -> None:
    given = picture(kind)
    served = client.get(wear(town, logo=given).logo_url)
    assert served.headers["content-type"] == "image/png"
    with Image.open(BytesIO(served.content)) as shown:
        assert (shown.format, shown.size) == ("PNG", (96, 48))
    assert len(served.content) <= logo.LARGEST


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"accent": "#ffcc00"}, "accent"),  # 1.5:1
        ({"band": "#7f8790"}, "band"),
        ({"accent": "red"}, "accent"),
        ({"accent": "#0b4f8f; } body { display: none"}, "accent"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"logo": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}, "logo"),
        ({"logo": b"\x89PNG\r\n\x1a\n"}, "logo"),
        ({"logo": b"x" * 1_000_001}, "logo"),
    ],
)
def test_what_nobody_could_read_is_refused(asked: dict[str, object], field: str, town: Town) -> None:
    with pytest.raises(ThemeInvalid) as refused:
        wear(town, **asked)
    assert refused.value.field == field


def test_nobodys_theme(town: Town) -> None:
    with town.environment.read() as connection, pytest.raises(AgencyMissing):
        theme.of(connection, "H99")


def test_contrast_is_that_of_wcag() -> None:
    assert colour.contrast("#000000", "#ffffff") == 21
    assert round(colour.contrast("#767676", "#ffffff"), 2) == 4.54
    assert colour.least_contrast("#767676") < colour.LEAST_CONTRAST  # on the grey ground
    for text in ("#5f4300/#fdf3d7", "#7a3600/#fdecdb", "#0d5427/#e5f4ea", "#0b4680/#e6f0fa", "#36404b/#e8ecf1"):
        assert colour.contrast(*text.split("/")) >= 4.5, text


def test_the_style_sheet_has_the_papers_that_colours_are_measured_on() -> None:
    css = (Path(theme.__file__).parent / "static" / "pages.css").read_text(encoding="utf-8")
    tokens = dict(re.findall(r"--(paper|ground|accent|band): (#[0-9a-f]+);", css))
    assert (tokens["paper"], *colour.PAPERS) == ("#fff", "#ffffff", tokens["ground"])
    assert (tokens["accent"], tokens["band"]) == (theme.ACCENT, theme.BAND)


def test_by_command(tmp_path: Path) -> None:
    data = str(tmp_path / "office")
    (tmp_path / "logo.png").write_bytes(picture())

    def thuphi(*arguments: str, exit_code: int = 0) -> dict[str, object]:
        result = CliRunner().invoke(build(arguments[0]), [*arguments, "--data", data, "--json"])
        assert result.exit_code == exit_code, result.output
        found: dict[str, object] = json.loads(result.stdout)
        return found

    thuphi("migrate")
    who = ("--name", "UBND xã Thọ Xuân", "--tax-code", "2800000001", "--address", "Thanh Hóa", "--symbol", "26TAA")
    account = ("--bin", "970415", "--account", "110000012345", "--holder", "UBND XA THO XUAN")
    thuphi("agency", "add", AGENCY, *who, *account)
    kept = thuphi(
        "agency", "theme", AGENCY, "--accent", "#7a1f5c", "--logo", str(tmp_path / "logo.png"), "--bank-links"
    )
    assert (kept["name"], kept["accent"], kept["logo"], kept["bank_links"]) == (
        "UBND xã Thọ Xuân",
        "#7a1f5c",
        True,
        True,
    )
    refused = thuphi("agency", "theme", AGENCY, "--accent", "#ffcc00", exit_code=1)
    assert (refused["error"], refused["field"]) == ("theme.invalid", "accent")
    assert thuphi("agency", "theme", AGENCY, "--no-logo", "--no-bank-links")["bank_links"] is False
