"""Which of a chart's hooks run, and in which order (Helm's meaning)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fairlead.domain.rendering import Hook

BEFORE_CREATION: Final = "before-hook-creation"
SUCCEEDED: Final = "hook-succeeded"
FAILED: Final = "hook-failed"


def hooks_for(hooks: Iterable[Hook], event: str) -> tuple[Hook, ...]:
    """Return the hooks of an event such as `pre-install`, by weight, then by name."""
    chosen = (hook for hook in hooks if event in hook.events)
    return tuple(sorted(chosen, key=lambda hook: (hook.weight, hook.manifest.ref.name)))


def deletes(hook: Hook, policy: str) -> bool:
    """Return whether a hook is deleted at a point; without any policy an old one makes room for a new one."""
    return policy in (hook.delete_policies or (BEFORE_CREATION,))
