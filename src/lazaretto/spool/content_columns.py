"""The columns of a message that say where its octets rest; rows that are read with them inherit these."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ContentKind, ContentRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentColumns:
    """What a row tells about its message's content."""

    tenant: int
    message: UUID
    size: int
    sha256: bytes
    content_kind: str
    content_reference: str
    wrapped_key: bytes
    key_version: int

    @property
    def content(self) -> ContentRef:
        """Where its octets rest."""
        return ContentRef(
            tenant=TenantId(self.tenant),
            message=MessageId(self.message),
            kind=ContentKind(self.content_kind),
            reference=self.content_reference,
            wrapped_key=self.wrapped_key,
            key_version=self.key_version,
            size=self.size,
            sha256=self.sha256,
        )
