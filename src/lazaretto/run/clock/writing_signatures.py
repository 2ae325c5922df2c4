"""The file of signatures in force, which each node has for itself."""

from __future__ import annotations

from typing import ClassVar

from lazaretto.intelligence.signature_store import SignatureStore
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.learning import SignatureWriter


class WritingSignatures:
    """Gives the scan workers of this node the signatures in force."""

    card: ClassVar = JobCard(
        name="writing-signatures",
        summary="Writes the signatures in force for the scan workers of the node",
        failure="Signatures learnt from reports take effect late",
    )

    def __init__(self, shop: Workshop) -> None:
        self._writer = SignatureWriter(shop.home, SignatureStore(shop.control))

    async def run(self) -> None:
        """Write whenever they change, until cancelled."""
        await self._writer.run()
