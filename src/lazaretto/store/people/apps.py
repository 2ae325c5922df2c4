"""The Django application ``people``."""

from django.apps import AppConfig


class People(AppConfig):
    """Accounts, grants and tokens."""

    name = "lazaretto.store.people"
    label = "people"
