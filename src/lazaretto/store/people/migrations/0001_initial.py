"""The first tables: accounts, grants, tokens and remembered answers."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("email", models.CharField(max_length=254, unique=True)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("language", models.CharField(default="en", max_length=5)),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                ("is_active", models.BooleanField(default=True)),
                ("must_change_password", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "account",
            },
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("owner", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=128)),
                ("request", models.CharField(max_length=64)),
                ("status", models.IntegerField(null=True)),
                ("content_type", models.CharField(default="", max_length=100)),
                ("body", models.TextField(default="")),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "api_replay",
                "indexes": [models.Index(fields=["at"], name="api_replay_at_168c69_idx")],
                "constraints": [models.UniqueConstraint(fields=("owner", "key"), name="one_replay_per_key")],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=100)),
                ("digest", models.BinaryField(max_length=32)),
                ("permissions", models.JSONField(null=True)),
                ("tenant", models.IntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="people.account",
                    ),
                ),
            ],
            options={
                "db_table": "account_token",
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tenant", models.IntegerField(blank=True, null=True)),
                ("role", models.CharField(blank=True, max_length=64)),
                ("permissions", models.JSONField(default=list)),
                ("domains", models.JSONField(default=list)),
                ("domains_are_excepted", models.BooleanField(default=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="people.account",
                    ),
                ),
            ],
            options={
                "db_table": "account_grant",
                "indexes": [models.Index(fields=["tenant"], name="account_gra_tenant_3fe380_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "tenant"), name="one_grant_per_tenant", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
