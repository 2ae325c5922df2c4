"""Tests of Lazaretto."""
