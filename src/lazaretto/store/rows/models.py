"""Drafts of documents, runs of the time machine, and claims of domains, in ``control``."""

from __future__ import annotations

import uuid

from django.db import models


class Draft(models.Model):
    """What one person wants a tenant's document to be; nothing of it is in force."""

    owner = models.CharField(max_length=320)
    """The person, as the audit names them."""
    tenant = models.IntegerField()
    base = models.IntegerField()
    """The version that was in force when the draft was begun."""
    text = models.TextField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "document_draft"
        constraints = (models.UniqueConstraint(fields=("owner", "tenant"), name="one_draft_per_person"),)


class Backtest(models.Model):
    """One run of the time machine: what a draft would have done to the mail of the last days."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=320)
    tenant = models.IntegerField()
    digest = models.CharField(max_length=64)
    """Of both documents and the days: the same question is asked once."""
    days = models.IntegerField()
    done = models.IntegerField(default=0)
    """Days that were looked at."""
    outcome = models.JSONField(default=dict)
    problem = models.CharField(max_length=500, blank=True)
    finished = models.BooleanField(default=False)
    started_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    """Stands still where the process that ran it is gone."""

    class Meta:
        db_table = "backtest"
        indexes = (models.Index(fields=("tenant", "digest")), models.Index(fields=("started_at",)))


class Claim(models.Model):
    """A domain that a tenant says is its own, with the text that proves it in the DNS."""

    tenant = models.IntegerField()
    domain = models.CharField(max_length=253)
    secret = models.CharField(max_length=64)
    claimed_by = models.CharField(max_length=320)
    claimed_at = models.DateTimeField(auto_now_add=True)
    proven_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "domain_claim"
        constraints = (models.UniqueConstraint(fields=("tenant", "domain"), name="one_claim_per_domain"),)


class RequestRate(models.Model):
    """How much somebody has asked lately; see ``store.rates``."""

    key = models.CharField(max_length=64, primary_key=True)
    full_at = models.DateTimeField(db_index=True)
    """When the bucket is full again."""

    class Meta:
        db_table = "request_rate"
