"""OpenID Connect Core 1.0: the code flow with PKCE (RFC 7636) against a tenant's own provider.

What comes back is believed for addresses of the provider's own domain only, and only where it says
that it verified them; keys and addresses come from its discovery document, over TLS.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from lazaretto.core.errors import PermanentFailure, TemporaryFailure
from lazaretto.store.given import given
from lazaretto.store.people.asking_providers import asked
from lazaretto.store.people.models import Provider
from lazaretto.store.people.sealing import unseal

SECRET: Final = "oidc"  # noqa: S105 - a purpose
_ALGORITHMS: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
"""Signatures with keys of which we know the public half; never ``none``, never one shared secret."""
_LEEWAY: Final = 60
_DISCOVERY: Final = "/.well-known/openid-configuration"


class NotProven(PermanentFailure):
    """What the provider answered does not hold; the text is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that was begun: what its answer has to fit."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect: str

    def as_json(self) -> dict[str, str]:
        """Return what the browser's session keeps."""
        return asdict(self)


def begin(provider: Provider, redirect: str, login_hint: str) -> tuple[str, Begun]:
    """Return where the browser is sent, and what to keep."""
    begun = Begun(
        provider=str(provider.id),
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        redirect=redirect,
    )
    challenge = hashlib.sha256(begun.verifier.encode()).digest()
    wanted = {
        "response_type": "code",
        "client_id": provider.settings["client_id"],
        "redirect_uri": redirect,
        "scope": "openid email",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
        "login_hint": login_hint,
    }
    endpoint = str(_discovered(provider)["authorization_endpoint"])
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(wanted)}", begun


def finish(provider: Provider, begun: Begun, answer: dict[str, str]) -> str:
    """Return the address that the provider proves.  Raises ``NotProven`` or ``TemporaryFailure``."""
    if begun.provider != str(provider.id) or not hmac.compare_digest(answer.get("state", ""), begun.state):
        raise NotProven("the answer does not belong to what was begun")
    told = _discovered(provider)
    # RFC 9207: an answer of another provider, which the browser was made to bring here.
    if answer.get("iss", told["issuer"]) != told["issuer"]:
        raise NotProven("the answer is another provider's")
    if "code" not in answer:
        raise NotProven(f"the provider says {answer.get('error', 'nothing')!r}")
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": begun.redirect,
        "code_verifier": begun.verifier,
    }
    client = str(provider.settings["client_id"])
    secret = unseal(given().secret, bytes(provider.secret), SECRET) if provider.secret else ""
    methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if secret and "client_secret_basic" in methods:
        tokens = asked(str(told["token_endpoint"]), form, user=(client, secret))
    else:
        more = {"client_id": client} | ({"client_secret": secret} if secret else {})
        tokens = asked(str(told["token_endpoint"]), form | more)
    if not isinstance(tokens, dict) or not isinstance(tokens.get("id_token"), str):
        raise NotProven("the provider gives no id_token")
    return _address_in(tokens["id_token"], provider, begun, told)


def _address_in(token: str, provider: Provider, begun: Begun, told: dict[str, Any]) -> str:
    keys = KeySet.import_key_set(asked(str(told["jwks_uri"])))
    client = str(provider.settings["client_id"])
    try:
        claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
        JWTClaimsRegistry(
            now=lambda: int(time.time()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": told["issuer"]},
            aud={"essential": True, "value": client},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": begun.nonce},
        ).validate(claims)
    except (JoseError, ValueError) as failure:
        raise NotProven(f"the id_token does not hold: {failure}") from failure
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if (len(audience) > 1 or "azp" in claims) and claims.get("azp") != client:
        raise NotProven("the id_token was made for somebody else")
    address = str(claims.get("email", "")).strip().lower()
    is_verified = claims.get("email_verified") is True or provider.settings.get("trusts_addresses") is True
    if not address or not is_verified:
        raise NotProven("the provider says no verified address")
    if address.rpartition("@")[2] != provider.domain:
        raise NotProven(f"the provider speaks for {provider.domain} alone, not for {address}")
    return address


def _discovered(provider: Provider) -> dict[str, Any]:
    issuer = str(provider.settings["issuer"])
    told = asked(issuer.rstrip("/") + _DISCOVERY)
    wanted = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if not isinstance(told, dict) or not all(isinstance(told.get(each), str) for each in wanted):
        raise TemporaryFailure("the identity provider does not describe itself")
    if told["issuer"] != issuer:
        raise NotProven(f"{issuer} calls itself {told['issuer']}")
    return told
