"""A QR code is read however it is drawn, and honest pictures are left alone."""

from __future__ import annotations

import base64
import io
import time
from datetime import UTC, datetime

import pytest
import zxingcpp
from PIL import Image

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.coded_addresses import MAX_PICTURES, MOST_SECONDS, _opened
from lazaretto.detect.links.scan_codes import ScanCodes
from lazaretto.detect.malware.completeness import Completeness
from lazaretto.mail.scanner import view_of
from tests.unit.detect.malware.containers import a_letter, a_zip

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


def saved(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def squares() -> bytes:
    lines = ["".join("\u2b1b" if dark else "\u2b1c" for dark in row) for row in modules()]
    return HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "\r\n".join(lines).encode()


def blocks_in_a_page(dark: str, light: str) -> str:
    return "<p>hi</p><div>" + "<br>\r\n".join(
        "".join(dark if each else light for each in row) for row in modules()
    )


def table_of_classes() -> str:
    rows = "".join(
        "<tr>" + "".join(f'<td class="{"x b" if dark else "x w"}"></td>' for dark in row) + "</tr>"
        for row in modules()
    )
    return f"<style>.b {{background:#000}} .w {{background:#fff}}</style><table>{rows}</table>"


def on_nothing() -> bytes:
    """Return a picture whose light places let the paper through, dark as it may be stored."""
    with Image.open(io.BytesIO(as_png(modules()))) as grey:
        clear = Image.new("RGBA", grey.size, (0, 0, 0, 0))
        clear.paste((0, 0, 0, 255), mask=grey.point([255 - value for value in range(256)]))
    return saved(clear)


def halves(box: tuple[float, float], other: tuple[float, float]) -> bytes:
    """Return a letter with a picture cut at a side's middle; each box is a part of width and height."""
    with Image.open(io.BytesIO(as_png(modules()))) as whole:
        width, height = whole.size
        first = saved(whole.crop((0, 0, int(width * box[0]), int(height * box[1]))))
        second = saved(whole.crop((int(width * other[0]), int(height * other[1]), width, height)))
    letter = with_picture(first)
    part = letter[letter.index(b"--x\r\nContent-Type: image/png") :].replace(
        base64.encodebytes(first).replace(b"\n", b"\r\n"), base64.encodebytes(second).replace(b"\n", b"\r\n")
    )
    return letter.removesuffix(b"--x--\r\n") + part


def attached_page() -> bytes:
    page = f'<html><img src="data:image/png;base64,{base64.b64encode(as_png(modules())).decode()}"></html>'
    return with_picture(page.encode()).replace(
        b"image/png\r\n", b"text/html\r\nContent-Disposition: attachment; filename=a.html\r\n"
    )


@pytest.mark.parametrize(
    ("message", "drawn"),
    [
        pytest.param(squares(), True, id="squares"),
        pytest.param(in_html(blocks_in_a_page("\u2588\u2588", "&nbsp;&nbsp;")), True, id="blocks of a page"),
        pytest.param(
            in_html(blocks_in_a_page("&#9608;&#9608;", "<i>&#160;</i>&#160;")),
            True,
            id="named blocks of a page",
        ),
        pytest.param(in_html(table_of_classes()), True, id="cells coloured by their class"),
        pytest.param(with_picture(on_nothing()), False, id="a picture that lets through"),
        pytest.param(halves((0.5, 1), (0.5, 0)), False, id="two halves side by side"),
        pytest.param(halves((1, 0.5), (0, 0.5)), False, id="two halves one below the other"),
        pytest.param(attached_page(), False, id="a picture inside an attached page"),
        pytest.param(
            with_picture(as_png(modules())).replace(b"image/png", b"application/octet-stream"),
            False,
            id="a picture that is said to be anything",
        ),
        pytest.param(
            with_picture(as_png(modules())).replace(b"image/png", b"text/plain"),
            False,
            id="a picture that is said to be a text",
        ),
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
        _opened(whole[:at], must_be_square=False, unread={})
        _opened(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :], must_be_square=False, unread={})

    assert _opened(whole, must_be_square=False, unread={}) is not None


def a_large_picture(form: str, size: tuple[int, int], dots: int, at: tuple[int, int]) -> bytes:
    """Return a coloured picture with a code of ``dots`` to the module somewhere in it."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    with Image.open(io.BytesIO(as_png(modules(), 1))) as plain:
        code = plain.resize((plain.width * dots, plain.height * dots), Image.Resampling.NEAREST)
    picture.paste(code.convert("RGB"), at)
    out = io.BytesIO()
    picture.save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("dots", "at"),
    [
        pytest.param(2, (0, 0), id="tiny, in a corner"),
        pytest.param(3, (1_380, 1_385), id="small, where squares meet"),
        pytest.param(9, (2_300, 1_700), id="of some size"),
        pytest.param(70, (700, 100), id="nearly all of it"),
    ],
)
def test_a_code_of_any_size_is_found_in_what_a_camera_takes(
    form: str, dots: int, at: tuple[int, int]
) -> None:
    message = view_of(with_picture(a_large_picture(form, (4_000, 3_000), dots, at)))

    found = {finding.symbol: finding for finding in ScanCodes().look(message, FACTS, None)}

    assert found["SCAN_CODE_LINK"].evidence == TARGET
    assert Completeness().look(message, FACTS, None) == ()


def test_a_code_in_a_picture_of_forty_million_dots_is_found() -> None:
    message = view_of(with_picture(a_large_picture("JPEG", (7_300, 5_475), 4, (6_900, 5_100))))

    assert "SCAN_CODE_LINK" in {each.symbol for each in ScanCodes().look(message, FACTS, None)}


def corners(side: int) -> bytes:
    """Return a picture full of what looks like the smallest code's corners, which takes a reader long."""
    rows = ("1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111")
    one = Image.new("L", (9, 9), 255)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            one.putpixel((x + 1, y + 1), 0 if dark == "1" else 255)
    line = Image.new("L", (side, 9), 255)
    for x in range(0, side, 9):
        line.paste(one, (x, 0))
    picture = Image.new("L", (side, side), 255)
    for y in range(0, side, 9):
        picture.paste(line, (0, y))
    return saved(picture)


def many_pictures() -> bytes:
    return (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\nScan the code\r\n'
        + b"--x\r\nContent-Type: image/png\r\n\r\nnothing\r\n" * (MAX_PICTURES + 1)
        + b"--x--\r\n"
    )


def painted_over(times: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (6_000, 6_000)).save(out, "JPEG")
    return out.getvalue() + b"\xff\xda\0\0" * times


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        pytest.param(
            with_picture(saved(Image.new("1", (6_400, 6_300)))), "size of a picture", id="too large"
        ),
        pytest.param(with_picture(saved(Image.new("1", (20_000, 20_000)))), "size of a picture", id="a bomb"),
        pytest.param(with_picture(painted_over(12)), "scans of a picture", id="painted over and over"),
        pytest.param(with_picture(corners(4_000)), "time for pictures", id="full of corners"),
        pytest.param(many_pictures(), "pictures of a message", id="too many"),
    ],
)
def test_a_picture_that_a_bound_leaves_unread_is_told(message: bytes, limit: str) -> None:
    view, began = view_of(message), time.thread_time()

    findings = Completeness().look(view, FACTS, None)

    assert [each.symbol for each in findings] == ["PICTURE_NOT_ANALYSED"]
    assert findings[0].evidence.startswith(f"{limit} reached")
    assert findings[0].score == 0 and findings[0].verdict is None
    assert time.thread_time() - began < MOST_SECONDS + 4


@pytest.mark.parametrize("text", [b"The scan is attached. " * 100, b"x"], ids=["many words", "few words"])
def test_a_picture_too_large_to_decode_is_told_whatever_the_letter_says(text: bytes) -> None:
    wide = saved(Image.new("1", (20_000, 2_100)))
    packed = a_letter({"scan.zip": a_zip({"scan.png": wide})}, text.decode())

    for message in (with_picture(wide, text), packed):
        findings = Completeness().look(view_of(message), FACTS, None)
        assert [each.symbol for each in findings] == ["PICTURE_NOT_ANALYSED"]


def test_the_bounds_of_pictures_say_nothing_of_others() -> None:
    message = view_of(with_picture(saved(Image.new("1", (6_300, 6_300)))))

    assert Completeness().look(message, FACTS, None) == ()
