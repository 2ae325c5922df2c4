"""A QR code is read however it is drawn, and honest pictures are left alone."""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime

import pytest
import zxingcpp
from PIL import Image

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.coded_addresses import _opened
from lazaretto.detect.links.scan_codes import ScanCodes
from lazaretto.mail.scanner import view_of

TARGET = "https://sign-in.evil.test/#anna@customer.example"
FACTS = Facts(
    received_at=datetime(2026, 1, 1, tzinfo=UTC),
    client=Client(ip="192.0.2.1"),
    recipients=("anna@customer.example",),
)
HEAD = b"From: a@sender.example\r\nTo: anna@customer.example\r\nSubject: file\r\nMIME-Version: 1.0\r\n"


def modules(text: str = TARGET) -> list[list[bool]]:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    rows = memoryview(zxingcpp.write_barcode_to_image(code, scale=1)).tolist()
    return [[value < 128 for value in row] for row in rows]


def as_png(rows: list[list[bool]], scale: int = 5) -> bytes:
    picture = Image.new("L", (len(rows[0]), len(rows)), 255)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            picture.putpixel((x, y), 0 if dark else 255)
    out = io.BytesIO()
    picture.resize((len(rows[0]) * scale, len(rows) * scale)).save(out, "PNG")
    return out.getvalue()


def with_picture(octets: bytes, text: bytes = b"Scan the code with your phone") -> bytes:
    return (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\n'
        + text
        + b"\r\n--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(octets).replace(b"\n", b"\r\n")
        + b"--x--\r\n"
    )


def in_html(body: str) -> bytes:
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body.encode()


def table() -> str:
    rows = "".join(
        "<tr>" + "".join(f'<td bgcolor="{"#000000" if dark else "#ffffff"}"></td>' for dark in row) + "</tr>"
        for row in modules()
    )
    return f"<p>Your file</p><table cellspacing=0>{rows}</table>"


def characters() -> bytes:
    lines = ["".join("██" if dark else "  " for dark in row) for row in modules()]
    text = "\r\n".join(line.replace(" ", "░") for line in lines)
    return HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\nScan this:\r\n" + text.encode()


def half_blocks() -> bytes:
    rows = modules()
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = [
        "".join(
            {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): "░"}[pair]
            for pair in zip(upper, lower, strict=True)
        )
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
    return HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    ("message", "drawn"),
    [
        pytest.param(with_picture(as_png(modules())), False, id="a picture"),
        pytest.param(
            in_html(
                f'<p>hi</p><img src="data:image/png;base64,{base64.b64encode(as_png(modules())).decode()}">'
            ),
            False,
            id="a picture inside the page",
        ),
        pytest.param(in_html(table()), True, id="cells of a table"),
        pytest.param(characters(), True, id="full blocks"),
        pytest.param(half_blocks(), True, id="half blocks"),
    ],
)
def test_a_code_is_read(message: bytes, drawn: bool) -> None:
    found = {finding.symbol: finding for finding in ScanCodes().look(view_of(message), FACTS, None)}

    assert found["SCAN_CODE_LINK"].evidence == TARGET
    assert "SCAN_CODE_NAMES_RECIPIENT" in found
    assert ("SCAN_CODE_DRAWN" in found) is drawn


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(with_picture(as_png([[False] * 40 for _ in range(40)])), id="an empty picture"),
        pytest.param(with_picture(b"\x89PNG\r\n\x1a\nbroken"), id="a broken picture"),
        pytest.param(with_picture(as_png(modules("ticket 4711"))), id="a ticket without a link"),
        pytest.param(in_html("<table><tr><td bgcolor='#000'></td></tr></table>" * 30), id="other tables"),
    ],
)
def test_others_are_left_alone(message: bytes) -> None:
    assert list(ScanCodes().look(view_of(message), FACTS, None)) == []


def test_a_letter_of_many_words_is_not_searched_for_codes() -> None:
    long = with_picture(as_png(modules()), b"minutes of the meeting " * 200)

    assert list(ScanCodes().look(view_of(long), FACTS, None)) == []


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_pictures_that_break_off_or_are_damaged_are_no_failure(form: str) -> None:
    """Only what the library says of broken pictures is passed over; anything else is told as a failure."""
    picture = io.BytesIO()
    Image.open(io.BytesIO(as_png(modules()))).convert("RGB").save(picture, form)
    whole = picture.getvalue()

    for at in range(0, len(whole), max(1, len(whole) // 60)):
        _opened(whole[:at], must_be_square=False)
        _opened(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :], must_be_square=False)

    assert _opened(whole, must_be_square=False) is not None


@pytest.mark.parametrize(("width", "decoded"), [(2_000, True), (2_001, False)])
def test_a_picture_with_too_many_pixels_is_not_decoded(width: int, decoded: bool) -> None:
    out = io.BytesIO()
    Image.new("1", (width, 2_000)).save(out, "PNG")

    assert (_opened(out.getvalue(), must_be_square=False) is not None) is decoded
