"""Simulated nodes: KWOK answers for a node and its pods, nothing really runs, and no rights are needed."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.doors.process import Program, run
from fairlead.sandbox.controlplane import serving
from fairlead.sandbox.places import ClusterPlaces
from fairlead.sandbox.spec import ClusterState
from fairlead.sandbox.supervision import ProcessSpec, write_private


async def process(
    cluster: ClusterState, places: ClusterPlaces, *, programs: Mapping[str, str], env: Mapping[str, str]
) -> ProcessSpec:
    """The process that simulates the cluster's node."""
    config = places.config("stages.yaml")
    stages = await run(Program((programs["kwok-stages"],), env=env))
    write_private(config, stages.stdout)
    argv = (
        programs["kwok"],
        f"--config={config}",
        f"--kubeconfig={places.config('simulator.conf')}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
        f"--cidr={cluster.ranges.pods}",
        "--node-ip=127.0.0.1",
        f"--node-name={cluster.node_name}",
        f"--node-port={cluster.simulator_port}",
        f"--server-address=127.0.0.1:{cluster.simulator_port}",
        f"--tls-cert-file={places.certificate('apiserver')}",
        f"--tls-private-key-file={places.key('apiserver')}",
    )
    return ProcessSpec(f"kwok-{cluster.index}", argv, cluster.index, after=serving(cluster))
