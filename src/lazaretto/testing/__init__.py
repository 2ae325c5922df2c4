"""Fakes, builders and real servers on loopback, for our tests and for those of extensions."""
