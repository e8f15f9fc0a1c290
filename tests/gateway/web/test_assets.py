"""Static files: named after their content, kept for a year, and nothing else is there."""

from __future__ import annotations

import gzip
import re
from io import BytesIO

import pytest
from starlette.testclient import TestClient

from gateway.web import assets, fonts

FILES = ("pages.css", "live.js", "copy.js", "mark.svg")


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.mark.parametrize("name", FILES)
def test_a_file_under_its_digest(name: str, client: TestClient) -> None:
    answer = client.get(assets.url(name))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert re.fullmatch(rf"/static/{name.partition('.')[0]}\.[0-9a-f]{{10}}\.\w+", assets.url(name))
    plain = client.get(assets.url(name), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content


def test_packed_when_the_browser_takes_it(client: TestClient) -> None:
    with client.stream("GET", assets.url("pages.css"), headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert b"--ink" in gzip.decompress(b"".join(answer.iter_raw()))


@pytest.mark.parametrize("name", ["pages.css", "pages.0000000000.css", "..%2f..%2fpages.py", "..%2fcitizen.py"])
def test_nothing_else_is_served(name: str, client: TestClient) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_the_style_sheet_names_files_that_exist(client: TestClient) -> None:
    css = client.get(assets.url("pages.css")).text
    named = re.findall(r'url\("([^"]+)"\)', css)
    assert len(named) == len(fonts.WEIGHTS)
    assert set(named) == {assets.url(name) for name in fonts.WEIGHTS}


@pytest.mark.parametrize("name", fonts.WEIGHTS)
def test_the_fonts_are_small_and_know_vietnamese(name: str, client: TestClient) -> None:
    from fontTools.ttLib import TTFont

    answer = client.get(assets.url(name))
    assert answer.headers["content-type"] == "font/woff2"
    assert len(answer.content) < 30_000
    with TTFont(BytesIO(answer.content)) as font:
        known = font.getBestCmap()
    assert {ord(letter) for letter in "ĂăÂâĐđÊêÔôƠơƯưẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặỸỹ₫"} <= set(known)
