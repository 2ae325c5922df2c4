"""The first tables: drafts, runs of the time machine, claims."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Backtest",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("owner", models.CharField(max_length=320)),
                ("tenant", models.IntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("days", models.IntegerField()),
                ("done", models.IntegerField(default=0)),
                ("outcome", models.JSONField(default=dict)),
                ("problem", models.CharField(blank=True, max_length=500)),
                ("finished", models.BooleanField(default=False)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "backtest",
                "indexes": [
                    models.Index(fields=["tenant", "digest"], name="backtest_tenant_2ef638_idx"),
                    models.Index(fields=["started_at"], name="backtest_started_20bcd0_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tenant", models.IntegerField()),
                ("domain", models.CharField(max_length=253)),
                ("secret", models.CharField(max_length=64)),
                ("claimed_by", models.CharField(max_length=320)),
                ("claimed_at", models.DateTimeField(auto_now_add=True)),
                ("proven_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "domain_claim",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "domain"), name="one_claim_per_domain")
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("owner", models.CharField(max_length=320)),
                ("tenant", models.IntegerField()),
                ("base", models.IntegerField()),
                ("text", models.TextField()),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "document_draft",
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "tenant"), name="one_draft_per_person")
                ],
            },
        ),
    ]
