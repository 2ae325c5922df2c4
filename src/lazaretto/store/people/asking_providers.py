"""Reading what an identity provider answers: bounded, without redirects, and only where tenants may reach."""

from __future__ import annotations

import base64
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit, urlunsplit

import httpx
import msgspec

from lazaretto.core.errors import ConfigurationError, TemporaryFailure
from lazaretto.delivery.reaching import checked_address
from lazaretto.store.given import given
from lazaretto.store.mailpath import mail_path

_LONGEST: Final = 256_000
_PATIENCE: Final = 10.0


def asked(address: str, form: dict[str, str] | None = None, *, user: tuple[str, str] | None = None) -> Any:
    """Return the JSON value at ``address``; with ``form`` it is posted, as ``user`` where one is given.

    Raises ``TemporaryFailure`` where there is no such answer, ``ConfigurationError`` where none may be.
    """
    return mail_path().wait(_asked(address, form, user))


async def _asked(address: str, form: dict[str, str] | None, user: tuple[str, str] | None) -> Any:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host:
        raise ConfigurationError(f"{address!r} is no address of an identity provider")
    allowed = given().reachable_networks
    if parts.scheme == "http" and not allowed:
        raise ConfigurationError("an identity provider is asked over https only")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = await checked_address(host, port, allowed)
    if parts.scheme == "http" and ip_address(found).is_global:
        raise ConfigurationError("an identity provider is asked over https only")
    bracketed = f"[{found}]" if ":" in found else found
    url = urlunsplit((parts.scheme, f"{bracketed}:{port}", parts.path or "/", parts.query, ""))
    request = httpx.Request(
        "GET" if form is None else "POST",
        url,
        data=form,
        headers={
            "Host": parts.netloc.rpartition("@")[2],
            "Accept": "application/json",
            "User-Agent": "Lazaretto",
        },
        extensions={"sni_hostname": host},
    )
    if user is not None:
        # RFC 6749 §2.3.1: both are form-encoded first.
        pair = ":".join(quote_plus(each) for each in user)
        request.headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    try:
        return await _read(request)
    except (httpx.HTTPError, msgspec.DecodeError) as failure:
        raise TemporaryFailure(f"the identity provider at {host} does not answer as it should") from failure


async def _read(request: httpx.Request) -> Any:
    async with httpx.AsyncClient(timeout=_PATIENCE, follow_redirects=False, trust_env=False) as client:
        response = await client.send(request, stream=True)
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _LONGEST:
                raise TemporaryFailure("the identity provider answers with more than is sensible")
        await response.aclose()
    if response.status_code != 200:
        raise TemporaryFailure(f"the identity provider answers {response.status_code}")
    return msgspec.json.decode(body)
