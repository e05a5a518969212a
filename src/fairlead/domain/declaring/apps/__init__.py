"""Descriptors of apps as they are written: their grammar, how they are read, what must hold among their fields."""
