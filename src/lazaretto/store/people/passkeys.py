"""Passkeys (WebAuthn): made and proven for the host that pages are reached at."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lazaretto.store.people.factors import PASSKEY
from lazaretto.store.people.models import Account, Factor

LONGEST_ANSWER: Final = 20_000


def are_possible(origin: str) -> bool:
    """Tell whether passkeys can be made at ``origin``: a name, no number; HTTPS, or this machine."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost"
    return False


def options_to_make(account: Account, origin: str) -> tuple[str, str]:
    """Return what the browser is asked in order to make a passkey, as JSON, and the challenge to keep."""
    options = generate_registration_options(
        rp_id=_host(origin),
        rp_name="Lazaretto",
        user_id=account.id.bytes,
        user_name=account.email,
        user_display_name=account.name or account.email,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_known(account),
    )
    return options_to_json(options), bytes_to_base64url(options.challenge)


def make(account: Account, name: str, answer: str, challenge: str, origin: str) -> bool:
    """Let ``account`` have the passkey that the browser made; False where its answer does not hold."""
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(origin),
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError):
        return False
    if Factor.objects.filter(credential=made.credential_id).exists():
        return False
    Factor.objects.create(
        account=account,
        kind=PASSKEY,
        name=name,
        secret=made.credential_public_key,
        credential=made.credential_id,
        counter=made.sign_count,
    )
    return True


def options_to_prove(account: Account | None, origin: str) -> tuple[str, str]:
    """Return what the browser is asked to prove one of ``account``, or anybody's; and the challenge."""
    options = generate_authentication_options(
        rp_id=_host(origin),
        allow_credentials=_known(account) if account else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options), bytes_to_base64url(options.challenge)


def proven(account: Account | None, answer: str, challenge: str, origin: str) -> Account | None:
    """Return whose passkey answered: of ``account`` where one is given; None where it does not hold."""
    factor = _named_in(answer)
    if factor is None or (account is not None and factor.account_id != account.id):
        return None
    try:
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(origin),
            expected_origin=origin,
            credential_public_key=bytes(factor.secret),
            credential_current_sign_count=factor.counter,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError):
        return None
    Factor.objects.filter(id=factor.id).update(counter=verified.new_sign_count, used_at=datetime.now(UTC))
    return factor.account if factor.account.is_active else None


def _named_in(answer: str) -> Factor | None:
    if len(answer) > LONGEST_ANSWER:
        return None
    try:
        told: Any = json.loads(answer)
        credential = base64url_to_bytes(str(told["rawId"]))
        owner = told["response"].get("userHandle")
        factor = Factor.objects.select_related("account").filter(kind=PASSKEY, credential=credential).first()
        if factor is not None and owner and UUID(bytes=base64url_to_bytes(str(owner))) != factor.account_id:
            return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return factor


def _known(account: Account) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=bytes(factor.credential))
        for factor in account.factors.filter(kind=PASSKEY)
        if factor.credential is not None
    ]


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""
