"""From processes that were started to clusters that work: waiting, and filling what is empty."""

from __future__ import annotations

from fairlead.domain.errors import OperationFailed
from fairlead.doors.dial import Dialer
from fairlead.sandbox import addons, api, controlplane, images, registry
from fairlead.sandbox.limits import unstable
from fairlead.sandbox.places import Places
from fairlead.sandbox.spec import ClusterState, NodeKind, SandboxState
from fairlead.sandbox.supervision import ProcessSpec, read_report
from fairlead.sandbox.waiting import holds, holds_within

_HOPELESS_RESTARTS = 3


async def watch(places: Places, table: list[ProcessSpec]) -> None:
    """Wait for ever, or raise `OperationFailed` as soon as a process has ended too often to hope for it."""
    fragile: list[str] = []

    async def hopeless() -> bool:
        fragile[:] = [spec.name for spec in table if read_report(places, spec.name).restarts >= _HOPELESS_RESTARTS]
        return bool(fragile)

    await holds(hopeless)
    message = f"{', '.join(fragile)} does not stay up"
    raise OperationFailed(unstable(message, map(places.log, fragile)))


async def fill_registry(state: SandboxState) -> None:
    """Wait for the registry and push what nodes need, and the samples."""
    dialer = Dialer()

    async def answers() -> bool:
        return (await dialer.request("GET", f"http://{state.registry}/v2/", timeout=2)).status == 200

    try:
        await holds_within(30, "the registry", answers)
        if state.nodes is NodeKind.REAL:
            await registry.push_all(dialer, state.registry, images.node_images(state.programs))
        for tag in images.SAMPLE_TAGS:
            sample = images.sample_image(state.programs, tag)
            await registry.push(dialer, state.registry, reference=f"{images.SAMPLE}:{tag}", image=sample)
    finally:
        await dialer.close()


async def settle(places: Places, state: SandboxState, cluster: ClusterState) -> None:
    """Wait for a cluster, give it what a fresh one needs, and wait until pods can run."""
    access = controlplane.access(cluster, places.cluster(cluster.index))
    async with api.connected(access) as server:
        await holds_within(60, f"the API server of {cluster.name}", server.ready)
        for addon in addons.addons(cluster, state.nodes, state.registry):
            await server.apply(addon)
        if state.nodes is NodeKind.NONE:
            return
        await _await_pods(server, state, cluster)


async def _await_pods(server: api.Api, state: SandboxState, cluster: ClusterState) -> None:
    async def node_ready() -> bool:
        return api.condition(await server.get(f"/api/v1/nodes/{cluster.node_name}"), "Ready")

    async def account_exists() -> bool:
        return await server.get("/api/v1/namespaces/default/serviceaccounts/default") is not None

    async def dns_available() -> bool:
        dns = await server.get("/apis/apps/v1/namespaces/kube-system/deployments/coredns")
        return api.condition(dns, "Available")

    await holds_within(90, f"the node of {cluster.name}", node_ready)
    await holds_within(30, f"the default service account of {cluster.name}", account_exists)
    if state.nodes is NodeKind.REAL:
        await holds_within(90, f"DNS in {cluster.name}", dns_available)
