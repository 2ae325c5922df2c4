"""Every endpoint: refused to nobody, to who lacks the permission, and not there for another tenant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from lazaretto.store.given import StoreSettings
from lazaretto.store.roles import ROLES
from lazaretto.store.scope import Permission
from tests.portal.conftest import Program, with_grant

pytestmark = pytest.mark.integration


def operations() -> Iterator[tuple[str, str, str | None]]:
    """Yield method, path and demanded permission of every operation."""
    from lazaretto.web.api.application import api, permission_of

    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield method, f"{prefix}{path}", permission_of(operation)


def filled(path: str, tenant: str = "acme") -> str:
    """Return ``path`` with something in place of its parameters."""
    values = {"tenant": tenant, "id": str(uuid4()), "domain": "nowhere.example"}
    return re.sub(r"\{(?:\w+:)?(\w+)\}", lambda found: values.get(found[1], "1"), path)


def body_for(method: str) -> Any:
    return {} if method in ("POST", "PUT", "PATCH") else None


def test_every_operation_says_what_it_needs(store: StoreSettings) -> None:
    undeclared = [(method, path) for method, path, needed in operations() if needed is None]

    assert undeclared == []
    assert len(list(operations())) > 20


def test_every_path_leads_to_its_operation(store: StoreSettings) -> None:
    lost = [path for _, path, _ in operations() if not is_routed(f"/api/v1{filled(path)}")]

    assert lost == []


def is_routed(path: str) -> bool:
    from django.urls import Resolver404, resolve

    try:
        return resolve(path).func is not None
    except Resolver404:
        return False


def test_nobody_is_let_in_without_a_token(nobody: Program) -> None:
    let_in = [
        (method, path)
        for method, path, _ in operations()
        if nobody.ask(method, filled(path), body_for(method)).status != 401
    ]

    assert let_in == []


def test_another_tenant_is_not_there(stranger: Program) -> None:
    seen = [
        (method, path)
        for method, path, _ in operations()
        if "{tenant}" in path and stranger.ask(method, filled(path), body_for(method)).status != 404
    ]

    assert seen == []


def test_a_tenant_that_is_there_looks_like_one_that_is_not(stranger: Program) -> None:
    answers = [
        stranger.get(filled("/tenants/{tenant}/messages", name)) for name in ("acme", "no-such-tenant")
    ]

    assert answers[0].text == answers[1].text


def test_the_platform_is_the_operators_alone(administrator: Program) -> None:
    allowed = [
        (method, path)
        for method, path, needed in operations()
        if needed
        and "{tenant}" not in path
        and administrator.ask(method, filled(path), body_for(method)).status != 403
    ]

    assert allowed == []


@pytest.mark.parametrize("role", sorted(name for name, role in ROLES.items() if not role.is_operators))
def test_each_role_gets_what_it_says_and_nothing_else(store: StoreSettings, role: str) -> None:
    somebody = with_grant("acme", role)
    wrong = []
    for method, path, needed in operations():
        if "{tenant}" in path and needed:
            status = somebody.ask(method, filled(path), body_for(method)).status
            may = Permission.parse(needed) in ROLES[role].permissions
            if (status == 403) is may and not (may and method == "PUT"):
                wrong.append((method, path, needed, status))

    assert wrong == []


def test_support_sees_every_tenant_and_changes_none(store: StoreSettings) -> None:
    support = with_grant(None, "operator-support")

    assert support.get("/tenants/zeta/messages").status == 200
    assert support.get("/tenants/acme/configuration").status == 200
    assert support.post("/tenants/acme/quarantine/release", {"ids": [str(uuid4())]}).status == 403
