"""Opening the store in a process: Django set up once, with what the process was given."""

from __future__ import annotations

import os

import django

from lazaretto.store.given import StoreSettings, hand_over


def open_store(settings: StoreSettings) -> None:
    """Set Django up with ``settings``; models can be imported afterwards.  Once per process."""
    hand_over(settings)
    set_up()


def set_up() -> None:
    """Set Django up with what this process was given."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "lazaretto.store.settings"
    django.setup()


def bring_up_to_date() -> None:
    """Apply what is missing of the migrations of the store's own tables in ``control``."""
    # Of no use before Django is set up.
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
