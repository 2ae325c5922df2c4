"""Accounts of the demonstration: one for each kind of person, with passwords made of the platform's key."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lazaretto.store.given import given
from lazaretto.store.people.commands import Granted, add_account
from lazaretto.store.people.console import console_scope
from lazaretto.store.people.models import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """One of them."""

    email: str
    role: str
    """Empty = an end user, to whom nothing is granted."""
    tenant: str | None
    name: str
    language: str = "en"


def demo_password(email: str) -> str:
    """Return the password of a demo account: another one for each platform, always the same on one."""
    digest = hmac.digest(given().secret.encode(), f"demo {email}".encode(), "sha256")
    text = base64.b32encode(digest).decode().lower()
    return "-".join((text[:4], text[4:8], text[8:12], text[12:16]))


def make_demo_accounts(accounts: Sequence[DemoAccount]) -> None:
    """Make those that are not there; they sign in with a password alone, as only demonstrations may."""
    for wanted in accounts:
        if Account.objects.filter(email=wanted.email).exists():
            continue
        if wanted.role:
            scope = console_scope("demo", wanted.tenant)
            add_account(scope, wanted.email, Granted(role=wanted.role))
        account, _is_new = Account.objects.get_or_create(email=wanted.email)
        account.name, account.language = wanted.name, wanted.language
        account.may_omit_second_factor = True
        account.must_change_password = False
        account.address_proven_at = datetime.now(UTC)
        account.time_zone = "Europe/Brussels"
        account.set_password(demo_password(wanted.email))
        account.save()
