"""Accounts, their grants and their tokens, in the ``control`` database."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Accounts(BaseUserManager["Account"]):
    """Finds accounts by their address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> Account:
        """Return the account that signs in as ``username``."""
        return self.get(email=(username or "").lower())


class Account(AbstractBaseUser):
    """Somebody who signs in, or a program that has tokens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.CharField(max_length=254, unique=True)
    """Lower case."""
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=5, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=True)
    """An initial password is changed at the first sign-in."""
    address_proven_at = models.DateTimeField(null=True, blank=True)
    """When the address was last proven to be this person's: a mailed link was followed, or the tenant's own
    identity provider said so; None = never."""
    may_omit_second_factor = models.BooleanField(default=False)
    """Signs in without a second factor although something is granted: demonstrations, and nobody else."""
    is_break_glass = models.BooleanField(default=False)
    """For the day on which nothing else works; every use of it raises an alarm."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Accounts] = Accounts()

    USERNAME_FIELD = "email"

    class Meta:
        db_table = "account"


class Grant(models.Model):
    """A role, or permissions, of one account in one tenant or on the whole platform."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants")
    tenant = models.IntegerField(null=True, blank=True)
    """None = every tenant, and the platform itself: the operator's people."""
    role = models.CharField(max_length=64, blank=True)
    permissions = models.JSONField(default=list)
    """Beyond the role's, as ``area:right``."""
    domains = models.JSONField(default=list)
    domains_are_excepted = models.BooleanField(default=True)
    """``domains`` are those left out; False = they are the only ones."""

    class Meta:
        db_table = "account_grant"
        constraints = (
            models.UniqueConstraint(
                fields=("account", "tenant"), name="one_grant_per_tenant", nulls_distinct=False
            ),
        )
        indexes = (models.Index(fields=("tenant",)),)


class ResellerGrant(models.Model):
    """A role of one account in every tenant that a reseller sold (``contract.reseller``)."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="reseller_grants")
    reseller = models.CharField(max_length=64)
    role = models.CharField(max_length=64)

    class Meta:
        db_table = "account_reseller_grant"
        constraints = (
            models.UniqueConstraint(fields=("account", "reseller"), name="one_grant_per_reseller"),
        )
        indexes = (models.Index(fields=("reseller",), name="account_reseller_grant_of"),)


class Token(models.Model):
    """A secret with which a program acts for its account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the secret, which has 256 bits of chance and needs no slower hash."""
    permissions = models.JSONField(null=True)
    """Only these of the account's, as ``area:right``; None = all."""
    tenant = models.IntegerField(null=True, blank=True)
    """Only in this tenant; None = wherever the account may act."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "account_token"


class Session(AbstractBaseSession):
    """A browser that somebody signed in with, or may; ``session_key`` is a digest of the cookie."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="sessions")
    """None = nobody has signed in yet."""
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    way = models.CharField(max_length=40, default="")
    """How it was proven who it is."""
    client = models.CharField(max_length=64, default="")
    agent = models.CharField(max_length=300, default="")

    class Meta:
        db_table = "account_session"


class Factor(models.Model):
    """Something that somebody has, and proves to have when signing in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10)
    """``totp`` or ``passkey``."""
    name = models.CharField(max_length=100)
    secret = models.BinaryField()
    """TOTP: the sealed secret.  Passkey: its public key, which is none."""
    credential = models.BinaryField(null=True, unique=True)
    """The passkey's own id."""
    counter = models.BigIntegerField(default=0)
    """TOTP: the last step that was used, which is never taken again.  Passkey: its count of signatures."""
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "account_factor"


class RecoveryCode(models.Model):
    """Takes the place of a second factor, once."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)

    class Meta:
        db_table = "account_recovery_code"
        constraints = (models.UniqueConstraint(fields=("account", "digest"), name="one_code_once"),)


class Link(models.Model):
    """A mailed link that is good once and not for long; known by a digest only."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    address = models.CharField(max_length=254)
    purpose = models.CharField(max_length=20)
    """``sign-in``, ``invitation`` or ``password``."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "account_link"
        indexes = (models.Index(fields=("expires_at",)),)


class Failure(models.Model):
    """Failed attempts of late at one thing: an address, or an address and where it was tried from."""

    key = models.CharField(max_length=64, primary_key=True)
    """A digest."""
    count = models.IntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        db_table = "account_failure"
        indexes = (models.Index(fields=("last_at",)),)


class Letter(models.Model):
    """A mail of ours about an account, until the ``jobs`` process has put it into the spool."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.CharField(max_length=254)
    kind = models.CharField(max_length=20)
    language = models.CharField(max_length=5)
    sealed = models.BinaryField()
    """What it says beyond its kind, sealed with the platform's key."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "account_letter"
        indexes = (models.Index(fields=("created_at",)),)


class Provider(models.Model):
    """A tenant's own identity provider, for the people of some of its domains."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.IntegerField()
    domain = models.CharField(max_length=253, unique=True)
    """Whose addresses it speaks for, and no others."""
    kind = models.CharField(max_length=10)
    """``oidc`` or ``saml``."""
    name = models.CharField(max_length=100)
    settings = models.JSONField(default=dict)
    secret = models.BinaryField(default=bytes)
    """OIDC: the sealed client secret."""
    is_only_way = models.BooleanField(default=False)
    """People of the domain sign in through it alone."""

    class Meta:
        db_table = "identity_provider"
        indexes = (models.Index(fields=("tenant",)),)


class Replay(models.Model):
    """What a request with an idempotency key was answered, so that the same again changes nothing."""

    owner = models.CharField(max_length=64)
    """Digest of who asked."""
    key = models.CharField(max_length=128)
    request = models.CharField(max_length=64)
    """Digest of what was asked."""
    status = models.IntegerField(null=True)
    """None while the first one is being answered."""
    content_type = models.CharField(max_length=100, default="")
    body = models.TextField(default="")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "api_replay"
        constraints = (models.UniqueConstraint(fields=("owner", "key"), name="one_replay_per_key"),)
        indexes = (models.Index(fields=("at",)),)
