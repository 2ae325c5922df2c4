"""Lazaretto: a cloud e-mail security platform."""

from importlib.metadata import version

__version__ = version("lazaretto")
