"""URLs are understood as browsers understand them, and found where people see them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.mail.urls import Found, in_text, parse


@pytest.mark.parametrize(
    ("raw", "host"),
    [
        pytest.param("http://x.example/a", "x.example", id="plain"),
        pytest.param("HTTPS://X.Example:8443?q", "x.example", id="upper case, port"),
        pytest.param("http:\\\\x.example\\a", "x.example", id="backslashes"),
        pytest.param("http:////x.example", "x.example", id="slashes too many"),
        pytest.param("https:x.example", "x.example", id="slashes too few"),
        pytest.param("ht\ntp://x.ex\tample", "x.example", id="line ends and tabs"),
        pytest.param(" \x01http://x.example ", "x.example", id="surrounding blanks"),
        pytest.param("http://bank.example@evil.example/", "evil.example", id="user part"),
        pytest.param("http://a@b@evil.example/", "evil.example", id="two at signs"),
        pytest.param("http://good.example\\@evil.example/", "good.example", id="backslash ends the host"),
        pytest.param("http://%65vil.example", "evil.example", id="percent"),
        pytest.param("http://bücher.example", "xn--bcher-kva.example", id="IDN"),
        pytest.param("http://ｅvil．example", "evil.example", id="full width"),
        pytest.param("http://3232235777/", "192.168.1.1", id="decimal"),
        pytest.param("http://0xC0.0250.1.1/", "192.168.1.1", id="hexadecimal and octal"),
        pytest.param("http://0xc0a80101/", "192.168.1.1", id="one hexadecimal"),
        pytest.param("http://192.168.257/", "192.168.1.1", id="short"),
        pytest.param("http://[::1]:80/", "[::1]", id="IPv6"),
        pytest.param("hxxps://x.example", "x.example", id="defanged"),
        pytest.param("mailto:a@x.example", "", id="no host"),
    ],
)
def test_the_host_is_where_a_browser_goes(raw: str, host: str) -> None:
    url = parse(raw)

    assert url is not None
    assert url.host == host


def test_what_has_no_scheme_is_no_url() -> None:
    assert parse("x.example/a") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("see http://x.example/a, please", ["http://x.example/a"], id="comma"),
        pytest.param("(http://x.example/a_(b))", ["http://x.example/a_(b)"], id="brackets"),
        pytest.param("<https://x.example>", ["https://x.example"], id="angle brackets"),
        pytest.param("ahttp://x.example", ["http://x.example"], id="glued"),
        pytest.param("go to www.x.example/y now", ["http://www.x.example/y"], id="www"),
        pytest.param("go to wWW2.x.example/y now", ["http://wWW2.x.example/y"], id="www in any case"),
        pytest.param("visit shop.evil.com today", ["http://shop.evil.com"], id="bare"),
        pytest.param("evil.com/login?x=1.", ["http://evil.com/login?x=1"], id="bare with a path"),
        pytest.param("mail bob@evil.com", [], id="an address"),
        pytest.param("version 1.2.3 of e.g. it", [], id="no host"),
        pytest.param("http://a.example/b.com", ["http://a.example/b.com"], id="a host in a path"),
        pytest.param("plain words", [], id="none"),
    ],
)
def test_urls_are_found_in_text(text: str, found: list[str]) -> None:
    urls = list(in_text(text))

    assert [url.raw if "://" in url.raw else f"http://{url.raw}" for url in urls] == found


def test_a_bare_host_is_marked() -> None:
    assert [url.found for url in in_text("http://a.com and b.com")] == [Found.TEXT, Found.BARE]


@given(st.text(max_size=200))
def test_nothing_raises(text: str) -> None:
    parse(text)
    parse("http://" + text)
    list(in_text(text))


@pytest.mark.parametrize("unit", ["http://", "a.", "www.", "x.com", "@", "-", "a.com/", "http:/"])
def test_a_bomb_takes_little_time(unit: str) -> None:
    begun = time.process_time()

    for count, _ in enumerate(in_text(unit * (200_000 // len(unit)))):
        if count > 5_000:
            break

    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("http://a.example::80/", "a.example"),
        ("http://a.example:x/", "a.example"),
        ("http://a.example%3A80/", "a.example"),
        ("http://[2001:db8::1]::8080/", "[2001:db8::1]"),
        ("http://[2001:db8::1]:x/", "[2001:db8::1]"),
    ],
)
def test_a_port_that_is_none_is_no_part_of_the_host(written: str, host: str) -> None:
    """Fuzzing found hosts that ended in a colon, which are on no list."""
    url = parse(written)

    assert url is not None
    assert url.host == host
