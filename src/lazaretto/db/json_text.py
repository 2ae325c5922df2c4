"""Values as JSON that PostgreSQL takes, whatever strangers put into their texts."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_encoder = msgspec.json.Encoder()


def json_text(value: Any) -> bytes:
    """Return ``value`` as JSON without NUL and lone surrogates; both become U+FFFD.

    Octets become base64, times ISO 8601, enumerations their values; ``msgspec.Raw`` goes in as it is.
    """
    try:
        encoded = _encoder.encode(value)
    except UnicodeEncodeError:
        encoded = _encoder.encode(_without_surrogates(msgspec.to_builtins(value)))
    # The escape may also be the text of an escape, behind another backslash.  That this text
    # survives unchanged is worth less than the message.
    return encoded.replace(b"\\u0000", b"\\ufffd") if b"\\u0000" in encoded else encoded


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(each) for each in value]
    return value
