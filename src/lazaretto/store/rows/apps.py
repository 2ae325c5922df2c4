"""The Django application ``rows``."""

from django.apps import AppConfig


class Rows(AppConfig):
    """Drafts, runs of the time machine, and claims of domains."""

    name = "lazaretto.store.rows"
    label = "rows"
