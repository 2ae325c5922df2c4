"""People with a scope, for tests below the pages."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from lazaretto.store.scope import Scope


def someone(tenant: str | None, role: str = "tenant-administrator", **granted: Any) -> Scope:
    """Return the scope of a new account that is granted ``role`` in ``tenant`` (None = the platform)."""
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.scopes import Caller

    email = f"{role or 'own'}-{uuid4().hex[:8]}@people.example"
    account = add_account(console_scope("test", tenant), email, Granted(role=role, **granted))
    caller = Caller(account=account, client="192.0.2.1")
    return caller.on_platform() if tenant is None else caller.in_tenant(tenant)


def operator_in(tenant: str) -> Scope:
    """Return the scope of an operator's administrator in ``tenant``."""
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.scopes import Caller

    email = f"operator-{uuid4().hex[:8]}@people.example"
    account = add_account(console_scope("test", None), email, Granted(role="operator-administrator"))
    return Caller(account=account).in_tenant(tenant)


def a_tenant(text: str) -> str:
    """Publish a new tenant of ``text``, in which ``{name}`` is a name of its own; return the name."""
    from lazaretto.store.mailpath import mail_path

    name = f"t{uuid4().hex[:10]}"
    mail_path().wait(mail_path().tenants.apply(text.replace("{name}", name), by="test"))
    return name
