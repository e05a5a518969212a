"""Builds the peers that come as Go modules, at the versions pinned in `modules`, with the Go tool of the sandbox.

    python bench/installing.py

What is built lies in Fairlead's cache, where `bench/peers.py` and `bench/bluegreen` find it. helmfile compares by the
Helm plugin helm-diff, which is not built: install it yourself (`helm plugin install`), or helmfile is measured without
comparing.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from fairlead.sandbox.build import cached, ensure
from fairlead.sandbox.modules import HELM, KUBERNETES, GoModule
from fairlead.sandbox.spec import Built, Progress
from fairlead.settings import Settings

_ROOT = Path(__file__).with_name("modules")
HELMFILE = GoModule(
    "helmfile", "github.com/helmfile/helmfile", {"helmfile": "github.com/helmfile/helmfile"}, root=_ROOT
)
KAPP = GoModule("kapp", "carvel.dev/kapp", {"kapp": "carvel.dev/kapp/cmd/kapp"}, root=_ROOT)
ARGO_ROLLOUTS = GoModule(
    "argo-rollouts",
    "github.com/argoproj/argo-rollouts",
    {"rollouts-controller": "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"},
    root=_ROOT,
)
PEERS = (KUBERNETES, HELM, KAPP, HELMFILE, ARGO_ROLLOUTS)


def folders(settings: Settings) -> list[str]:
    """Return where the peers lie that have been built."""
    built = (cached(module, settings) or {} for module in PEERS)
    return list(dict.fromkeys(str(path.parent) for programs in built for path in programs.values()))


def tell(event: Progress) -> None:
    """Say what is done."""
    if isinstance(event, Built):
        sys.stdout.write(f"built {', '.join(event.programs)} in {event.seconds:.0f} s\n")


if __name__ == "__main__":
    asyncio.run(ensure(PEERS, Settings.from_environment(), tell))
