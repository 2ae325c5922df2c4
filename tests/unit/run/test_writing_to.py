"""A letter to an operator is one of the tenant whose domain it goes to, else of the one that is named."""

from __future__ import annotations

import pytest

from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.run.writing_to import tenant_writing_to

ACME = TenantSnapshot(tenant=TenantId(1), name="acme", version=1, domains={"acme.example": ()})
OWN = TenantSnapshot(tenant=TenantId(2), name="own", version=1, domains={"own.example": ()})


class Tenants:
    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        return next((each for each in self.all() if domain in each.domains), None)

    def all(self) -> tuple[TenantSnapshot, ...]:
        return ACME, OWN


@pytest.mark.parametrize(
    ("address", "named", "tenant"),
    [
        ("ann@acme.example", "own", 1),
        ("ann@elsewhere.example", "own", 2),
        ("ann@elsewhere.example", "", None),
        ("ann@elsewhere.example", "gone", None),
    ],
)
def test_it_is_a_letter_of(address: str, named: str, tenant: int | None) -> None:
    assert tenant_writing_to(address, Tenants(), named) == tenant
