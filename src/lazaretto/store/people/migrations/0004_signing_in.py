"""Second factors, mailed links, failed attempts, letters and identity providers."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_resellers"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="is_break_glass",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="account",
            name="may_omit_second_factor",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="Factor",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(max_length=100)),
                ("secret", models.BinaryField()),
                ("credential", models.BinaryField(null=True, unique=True)),
                ("counter", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="factors",
                        to="people.account",
                    ),
                ),
            ],
            options={
                "db_table": "account_factor",
            },
        ),
        migrations.CreateModel(
            name="Failure",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("count", models.IntegerField(default=0)),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "db_table": "account_failure",
                "indexes": [models.Index(fields=["last_at"], name="account_fai_last_at_ea8758_idx")],
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("address", models.CharField(max_length=254)),
                ("kind", models.CharField(max_length=20)),
                ("language", models.CharField(max_length=5)),
                ("sealed", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "account_letter",
                "indexes": [models.Index(fields=["created_at"], name="account_let_created_07a019_idx")],
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("address", models.CharField(max_length=254)),
                ("purpose", models.CharField(max_length=20)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "account_link",
                "indexes": [models.Index(fields=["expires_at"], name="account_lin_expires_74e74f_idx")],
            },
        ),
        migrations.CreateModel(
            name="Provider",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant", models.IntegerField()),
                ("domain", models.CharField(max_length=253, unique=True)),
                ("kind", models.CharField(max_length=10)),
                ("name", models.CharField(max_length=100)),
                ("settings", models.JSONField(default=dict)),
                ("secret", models.BinaryField(default=bytes)),
                ("is_only_way", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "identity_provider",
                "indexes": [models.Index(fields=["tenant"], name="identity_pr_tenant_2a5b6e_idx")],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.BinaryField(max_length=32)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to="people.account",
                    ),
                ),
            ],
            options={
                "db_table": "account_recovery_code",
                "constraints": [models.UniqueConstraint(fields=("account", "digest"), name="one_code_once")],
            },
        ),
    ]
