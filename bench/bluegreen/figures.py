"""Figures as text."""

from __future__ import annotations

from collections.abc import Iterable

from bench.answers import quantile


def spread(seconds: Iterable[float]) -> str:
    """Return how long things took."""
    ordered = sorted(seconds)
    times = " / ".join(f"{quantile(ordered, share):.3f}" for share in (0.5, 0.99, 1))
    return f"{times} s (p50 / p99 / slowest of {len(ordered)})"
