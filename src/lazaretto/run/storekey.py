"""The key that pages and outlets sign with: made once for each platform, kept beside the master key."""

from __future__ import annotations

import secrets
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.files.placing import write_new_durably
from lazaretto.run.home import Home

_SIZE: Final = 48
"""Octets of chance in a key."""
_SHORTEST: Final = 32
"""Characters; who signs with less, or with nothing, signs for everybody."""


def web_key(home: Home) -> str:
    """Return the key that pages and hooks sign with, made when there is none.

    Raises ``ConfigurationError`` where the file holds too little to be one.
    """
    try:
        key = home.web_key.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        # Another process may make it meanwhile; then that one counts.
        write_new_durably(home.web_key, secrets.token_urlsafe(_SIZE).encode())
        return web_key(home)
    except UnicodeDecodeError:
        key = ""
    if len(key) < _SHORTEST or not key.isprintable():
        raise ConfigurationError(
            f"{home.web_key} holds no key: put a good copy there, or remove it, and the next start makes "
            "another; then people sign in again with new second factors, secrets of identity providers are "
            "to be entered again, and links in mail that was sent before lead nowhere"
        )
    return key
