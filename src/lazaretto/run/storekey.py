"""The key that pages and outlets sign with: made once for each platform, kept beside the master key."""

from __future__ import annotations

import os
import secrets

from lazaretto.run.home import Home


def web_key(home: Home) -> str:
    """Return the key that pages and hooks sign with, made when there is none."""
    try:
        return home.web_key.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        fresh = home.web_key.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            # Another process may have made it meanwhile; then that one counts.
            os.link(fresh, home.web_key)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return web_key(home)
