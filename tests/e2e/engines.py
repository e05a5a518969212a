"""An engine on a real cluster."""

from __future__ import annotations

from functools import partial

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.adapters.whoami.process import ThisProcess
from fairlead.pipeline.engine import Engine
from fairlead.ports.cluster import Cluster
from tests.fakes.releases import Recorder
from tests.fakes.source import FakeSource


def real_engine(cluster: Cluster) -> Engine:
    """Return an engine whose environment `test` is this cluster, with our real clock and process."""
    clock, ancestry = SystemClock(), partial(FakeSource().is_ancestor, "")
    stores = {"test": SecretStateStore(cluster)}
    return Engine({"test": cluster}, stores, Recorder(), clock, ThisProcess(), clock, ancestry)
