"""Styles, scripts and pictures, served from the packages themselves.

Every folder ``assets`` below ``web`` is found; its files are called ``PACKAGE/FILE``.  One digest of all of
them stands in the address, so that browsers may keep what they have for ever and modules may import
each other by relative paths.  What compresses is compressed once for each process.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    path: Path
    media_type: str


@cache
def assets() -> dict[str, Asset]:
    """Return every asset by its name, ``PACKAGE/FILE``."""
    web = Path(str(files("lazaretto.web")))
    found = {}
    for folder in sorted(web.rglob("assets")):
        for path in sorted(folder.rglob("*")):
            if path.suffix in _TYPES:
                name = f"{folder.parent.name}/{path.relative_to(folder).as_posix()}"
                found[name] = Asset(path, _TYPES[path.suffix])
    return found


@cache
def digest() -> str:
    """Return the digest of all assets, which stands in their addresses."""
    whole = hashlib.sha256()
    for name, asset in assets().items():
        whole.update(name.encode())
        whole.update(asset.path.read_bytes())
    return whole.hexdigest()[:12]


def address(name: str) -> str:
    """Return where the asset called ``name`` is.  Raises ``LookupError`` when there is none."""
    if name not in assets():
        raise LookupError(f"there is no asset {name}")
    return f"/static/{digest()}/{name}"


@cache
def _compressed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def serve(request: HttpRequest, version: str, name: str) -> HttpResponse:
    """Return the asset called ``name``; one asked for with another version's digest is not kept."""
    asset = assets().get(name)
    if asset is None:
        raise Http404
    headers = {
        "Cache-Control": _FOR_EVER if version == digest() else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return HttpResponse(_compressed(asset.path), content_type=asset.media_type, headers=headers)
    return HttpResponse(asset.path.read_bytes(), content_type=asset.media_type, headers=headers)
