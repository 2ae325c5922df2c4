"""Sections of services, one module each; a class with a card in any module here registers by existing."""
