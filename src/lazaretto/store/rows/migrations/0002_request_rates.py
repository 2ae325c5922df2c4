"""Buckets of requests, shared by all processes that answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes the table; a crash of the database may empty it, so that writing it costs little."""

    dependencies = (("rows", "0001_initial"),)

    operations = (
        migrations.CreateModel(
            name="RequestRate",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("full_at", models.DateTimeField(db_index=True)),
            ],
            options={"db_table": "request_rate"},
        ),
        migrations.RunSQL(
            "ALTER TABLE request_rate SET UNLOGGED", "ALTER TABLE request_rate SET LOGGED", elidable=False
        ),
    )
