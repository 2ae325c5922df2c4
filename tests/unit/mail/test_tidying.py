"""A message is tidied as those do who pass it on, and only when there is something to tidy."""

from __future__ import annotations

import pytest

from lazaretto.mail import tidying
from lazaretto.mail.tidying import is_untidy, tidy_forms


@pytest.mark.parametrize(
    ("octets", "forms"),
    [
        pytest.param(b"a\r\nb\r\n", [], id="whole line ends"),
        pytest.param(b"a\nb\n", [], id="line feeds"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"a\rb\r\n", [b"a b\n"], id="a stray one"),
        pytest.param(b"a\r\r\n", [b"a \n"], id="one before a line end"),
        pytest.param(b"a\r\nb\r", [b"a\nb "], id="one at the end"),
        pytest.param(b"a\0b\r\n", [b"ab\n"], id="a zero"),
        pytest.param(b"a\0\rb", [b"a\0 b", b"a b"], id="both"),
    ],
)
def test_what_is_stray_is_tidied(octets: bytes, forms: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(tidy_forms(octets)) == forms
    assert is_untidy(octets) == bool(forms)

    monkeypatch.setattr(tidying, "_PIECE", 1)

    assert is_untidy(octets) == bool(forms)
