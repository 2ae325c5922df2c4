"""A part has every name that some client may show or save it under."""

from __future__ import annotations

import pytest

from lazaretto.mail.part import Part
from lazaretto.mail.scanner import view_of


def part_with(fields: bytes) -> Part:
    return view_of(b"From: a@x.example\n" + fields + b"\n\nhello\n").parts[0]


@pytest.mark.parametrize(
    "disposition",
    [
        pytest.param(b"filename=my x.exe", id="quotes forgotten"),
        pytest.param(b'filename="x.exe\0.txt"', id="a zero ends it"),
        pytest.param(b"filename*=utf-8''x.exe%00.txt", id="an encoded zero ends it"),
        pytest.param(b"filename*=utf-8''%22x.exe%22", id="quotes that belong to it"),
        pytest.param(b'filename="x.ex<e|"', id="characters that Windows has in no name"),
        pytest.param(b'filename="x.exe/"', id="a path that ends in nothing"),
        pytest.param(b'filename="' + b"a" * 300 + b'.exe"', id="so long that it is cut"),
        pytest.param(b'filename="x.txt' + b" " * 300 + b'.exe"', id="the end far behind the beginning"),
        pytest.param(b'filename="x.exe' + b" " * 300 + b'.txt"', id="cut before its end"),
        pytest.param(b"filename=a%d; " * 60 % tuple(range(60)) + b"filename=x.exe", id="the last of many"),
        pytest.param(b'filename="=?utf-8?q?x=2?= =?utf-8?q?Eexe?="', id="an escape in two words"),
    ],
)
def test_a_program_is_among_its_names(disposition: bytes) -> None:
    part = part_with(b"Content-Disposition: attachment; " + disposition)

    assert any(name.rstrip().endswith(".exe") for name in part.names)


def test_the_name_in_a_second_type_counts() -> None:
    part = part_with(b"Content-Type: a/b; name=a.txt\nContent-Type: a/b; name=x.exe")

    assert part.names == ("a.txt", "x.exe")


def test_a_field_that_is_folded_before_its_colon_counts() -> None:
    part = part_with(b"Content-Type: a/b\nContent-Disposition\n : attachment; filename=x.exe")

    assert part.names == ("x.exe",)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        pytest.param(b"Content-Description: x.exe", ("x.exe",), id="description"),
        pytest.param(b"Content-Location: https://a.example/b/x.exe?c", ("x.exe",), id="place"),
        pytest.param(b"Content-Location: https://a.example", (), id="a host is no file"),
        pytest.param(b"Content-Type: application/hta", ("file.hta",), id="type"),
        pytest.param(
            b"Content-Type: application/hta; name=x", ("x.hta",), id="type of a name without an ending"
        ),
        pytest.param(b"Content-Type: application/hta; name=x.pdf", (), id="a name that says what it is"),
        pytest.param(b"Content-Description: a letter", (), id="a description that is no name"),
    ],
)
def test_a_file_without_a_name_has_those_that_clients_make_up(fields: bytes, names: tuple[str, ...]) -> None:
    assert part_with(b"Content-Disposition: attachment\n" + fields).makeshift_names == names


def test_a_text_has_no_name_that_is_made_up() -> None:
    assert part_with(b"Content-Description: x.exe").makeshift_names == ()
