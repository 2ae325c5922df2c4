"""Settings of content: how much of it stays in rows, where the rest goes, when there is no room."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class ObjectStoreSettings(BaseModel):
    """An S3-compatible object store for large content, shared by all nodes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bucket: str = Field(description="Bucket that holds content, and nothing else under the prefix.")
    prefix: str = Field(default="content", pattern=r"^[a-z0-9][a-z0-9/-]*$", description="Begins every key.")
    endpoint: str = Field(default="", description="URL of the service; empty means Amazon's of the region.")
    region: str = Field(default="us-east-1", description="Region that requests are signed for.")
    access_key_id: str = Field(default="", description="Empty: from the environment or the machine's role.")
    secret_access_key: SecretStr = Field(default=SecretStr(""), description="Belongs to access_key_id.")
    allow_http: bool = Field(default=False, description="Accept an endpoint without TLS.")
    virtual_hosted: bool = Field(default=False, description="Name the bucket in the host name.")
    timeout: timedelta = Field(default=timedelta(seconds=30), description="Longest wait for one request.")
    retry_for: timedelta = Field(default=timedelta(seconds=10), description="Longest time of repeating one.")
    part_size: int = Field(
        default=8 * 1024 * 1024, ge=5 * 1024 * 1024, description="Octets per part of a multipart upload."
    )
    parts_at_once: int = Field(default=3, ge=1, le=16, description="Parts under way at once.")


class ContentSettings(BaseModel):
    """Where content goes and when there is no room for more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inline_max: int = Field(
        default=128 * 1024,
        ge=0,
        le=1024 * 1024,
        description="Content up to this size rests in database rows.",
    )
    chunk_size: int = Field(
        default=1024 * 1024,
        ge=4 * 1024,
        le=16 * 1024 * 1024,
        description="Octets per sealed chunk of a file or object; also what a session holds in memory.",
    )
    place: Literal["file", "s3"] = Field(
        default="file", description="Where larger content goes: files of this machine, or an object store."
    )
    object_store: ObjectStoreSettings | None = Field(default=None, description="Needed where place is s3.")
    least_free_share: float = Field(
        default=0.10, ge=0, lt=1, description="No mail is taken below this share of free disk space."
    )
    least_free_inodes: float = Field(
        default=0.05, ge=0, lt=1, description="No mail is taken below this share of free inodes."
    )
    least_free_messages: float = Field(
        default=1.5, ge=0, description="No mail is taken below free space for this many largest messages."
    )
    largest_message: int = Field(
        default=1_000_000_000, gt=0, description="Octets of the largest message that any tenant may allow."
    )
    reopen_at: float = Field(
        default=1.2,
        ge=1,
        description="Mail is taken again at this many times the demanded space.",
    )
    orphan_age: timedelta = Field(
        default=timedelta(hours=24),
        ge=timedelta(hours=1),
        description="Content that no row names is removed when it is older than this.",
    )

    @model_validator(mode="after")
    def _has_an_object_store(self) -> ContentSettings:
        if self.place == "s3" and self.object_store is None:
            raise ValueError("place is s3, so object_store must say where: give at least its bucket")
        return self
