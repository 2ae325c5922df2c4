"""All snapshots of the platform in memory: look-ups by domain, sending address and number."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from lazaretto.core.identity import TenantId
from lazaretto.core.networks import NetworkIndex
from lazaretto.core.snapshot import TenantSnapshot


class SnapshotTable:
    """A fixed set of snapshots; implements ``core.snapshot.Directory``."""

    def __init__(self, snapshots: Iterable[TenantSnapshot], day: date) -> None:
        self.day = day
        """The day whose entries of lists are in force."""
        self._published = {snapshot.tenant: snapshot for snapshot in snapshots}
        self._by_id = {tenant: snapshot.on(day) for tenant, snapshot in self._published.items()}
        self._by_domain = {domain: each for each in self._by_id.values() for domain in each.domains}
        self._by_proof = self._proving()
        self._senders = NetworkIndex(
            (network, each) for each in self._by_id.values() for network in each.outbound_networks
        )

    def _proving(self) -> dict[str, TenantSnapshot]:
        found: dict[str, list[TenantSnapshot]] = {}
        for each in self._by_id.values():
            for proof in each.outbound_proofs.certificates | each.outbound_proofs.certificate_names:
                found.setdefault(proof, []).append(each)
        return {proof: tenants[0] for proof, tenants in found.items() if len(tenants) == 1}

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        """Return the tenant that receives mail for ``domain`` (lower case, A-labels)."""
        return self._by_domain.get(domain)

    def sender_at(self, ip: str) -> TenantSnapshot | None:
        """Return the tenant that registered ``ip`` as a sending server of its own."""
        try:
            return self._senders.holding(ip)
        except ValueError:
            return None

    def sender_showing(self, proof: str) -> TenantSnapshot | None:
        """Return the one tenant that registered the certificate or name ``proof``; None if several did."""
        return self._by_proof.get(proof)

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        """Return the tenant's snapshot; None when there is no such tenant any more."""
        return self._by_id.get(tenant)

    def all(self) -> tuple[TenantSnapshot, ...]:
        """Return every tenant's snapshot."""
        return tuple(self._by_id.values())

    def with_changes(self, snapshots: Iterable[TenantSnapshot], day: date) -> SnapshotTable:
        """Return the table in which ``snapshots`` replace those of the same tenants, on ``day``."""
        changed = {snapshot.tenant: snapshot for snapshot in snapshots}
        return SnapshotTable({**self._published, **changed}.values(), day)

    def __len__(self) -> int:
        return len(self._by_id)
