"""What an account is granted in every tenant that a reseller sold."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_sessions")]

    operations = [
        migrations.CreateModel(
            name="ResellerGrant",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reseller", models.CharField(max_length=64)),
                ("role", models.CharField(max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reseller_grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "account_reseller_grant",
                "indexes": [models.Index(fields=["reseller"], name="account_reseller_grant_of")],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "reseller"), name="one_grant_per_reseller")
                ],
            },
        ),
    ]
