"""Composes look, judge and change: in disposable workers that hostile mail may crash."""
