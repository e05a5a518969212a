"""A small repository, the namespace it goes to, and the installed command on a road with faults.

The release comes in two versions, `a` and `b`, each of which has one object that the other has not: whoever goes from
one to the other updates, creates and prunes, and runs the hook of the chart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.access import Access as Reach
from fairlead.domain.access import ClientCertificate
from fairlead.domain.identity import ReleaseKey
from fairlead.doors.process import Program, start, stop
from fairlead.pipeline.helm.past import revisions_of
from fairlead.ports.cluster import ApiKind
from fairlead.sandbox.controlplane import access
from fairlead.sandbox.kubeconfig import Access
from fairlead.sandbox.places import Places
from tests.e2e.running import RunningSandbox
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.fakes.terminal import Ended, validate
from tests.faults.proxy import FaultProxy, Victim
from tests.faults.rules import Rule, untouched

CONFIG_MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
SECRETS = ApiKind("v1", "Secret", "secrets", namespaced=True)
HOOK = "hook"
RELEASE = "web"

ENVIRONMENTS = """\
clusters: [{{name: sandbox, provider: {{existingContext: {{contextName: {context}}}}}}}]
environments: [{{name: test, clusterName: sandbox, kubeNamespace: {namespace}, releasesFiles: [apps.yaml]}}]
"""
MANIFESTS = "releases: [{{name: web, resourceFiles: [{version}.yaml]}}]\n"
CHART = "releases: [{{name: web, chart: {{dir: web}}, values: [{{key: version, value: {version}}}]}}]\n"
OBJECTS = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: always}}
data: {{version: {version}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: only-{version}}}
"""
RUN_BEFORE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: hook, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
"""
JOB_BEFORE = """\
apiVersion: batch/v1
kind: Job
metadata: {{name: hook, annotations: {{helm.sh/hook: "pre-install,pre-upgrade"}}}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 0
      containers: [{{name: main, image: "{registry}/app:1.0", env: [{{name: CRASH, value: "0"}}]}}]
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a namespace holds of the release: data of its objects, and what is remembered of it.

    `outcomes` are of the deployments by number, `helm` the statuses of Helm's revisions, `records` the numbers of our
    own, and `owned` says whether the inventory lists exactly the objects that are there. `claims` are what a run said
    that it would make, and nobody has seen.
    """

    objects: Mapping[str, Mapping[str, str]]
    outcomes: Mapping[int, str]
    helm: Mapping[int, str]
    records: frozenset[int]
    owned: bool
    settled: bool
    claims: frozenset[str]
    leases: int


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a story plays. `cluster` leads to the API server directly, past the proxy."""

    root: Path
    namespace: str
    env: Mapping[str, str]
    proxy: FaultProxy
    cluster: KubernetesCluster
    is_chart: bool

    def declare(self, version: str) -> None:
        """Write what is to be deployed."""
        apps = CHART if self.is_chart else MANIFESTS
        (self.root / "apps.yaml").write_text(apps.format(version=version))

    async def run(self, *arguments: str, rule: Rule = untouched, victim: Victim | None = None) -> Ended:
        """Run the command to its end, whatever that is. Signals of the rule go to it, or to another `victim`."""
        argv = (str(FAIRLEAD), *arguments, "--output", "json")
        child = await start(Program(argv, cwd=self.root, env=self.env, accepted=ANY_CODE))
        try:
            self.proxy.begin(rule, victim=victim or child.send_signal)
            async with asyncio.timeout(120):
                said, complained = await child.communicate()
        finally:
            await stop(child)
        assert child.returncode is not None
        ended = Ended(child.returncode, said.decode(), complained.decode())
        assert "Traceback" not in ended.stderr, ended
        if ended.code >= 0:
            validate(ended.document)
        return ended

    async def apply(self, version: str, rule: Rule = untouched, *, victim: Victim | None = None) -> Ended:
        """Deploy a version."""
        self.declare(version)
        return await self.run("apply", "test", "--yes", "--no-wait", rule=rule, victim=victim)

    async def delete(self, rule: Rule = untouched) -> Ended:
        """Delete the release."""
        return await self.run("delete", "test", RELEASE, "--yes", rule=rule)

    async def found(self) -> Found:
        """Look at the namespace."""
        key = ReleaseKey("test", "sandbox", self.namespace, RELEASE)
        stored, revisions, maps, secrets, leases = await asyncio.gather(
            SecretStateStore(self.cluster).read(key),
            revisions_of(self.cluster, self.namespace, RELEASE),
            self.cluster.list(CONFIG_MAPS, self.namespace),
            self.cluster.list_metadata(SECRETS, self.namespace, label_selector="fairlead.dev/number"),
            self.cluster.list_metadata(LEASES, self.namespace),
        )
        ours = [one for one in maps.items if one["metadata"]["name"] not in ("kube-root-ca.crt", HOOK)]
        state = stored.state
        return Found(
            {one["metadata"]["name"]: one.get("data") or {} for one in ours},
            {one.number: one.deployment.outcome.value for one in state.deployments},
            {one.revision: one.status.value for one in revisions},
            frozenset(int(one["metadata"]["labels"]["fairlead.dev/number"]) for one in secrets.items),
            owned={(one.ref.name, one.uid) for one in state.inventory}
            == {(one["metadata"]["name"], one["metadata"]["uid"]) for one in ours},
            settled=state.lock is None,
            claims=frozenset(claim.name for claim in state.claims),
            leases=len(leases.items),
        )

    def hook_runs(self) -> int:
        """Return how often the hook was made since the last run began."""
        return sum(call.name == HOOK and call.method != "DELETE" for call in self.proxy.writes)


LEASES = ApiKind("coordination.k8s.io/v1", "Lease", "leases", namespaced=True)


@asynccontextmanager
async def stage(
    sandbox: RunningSandbox, root: Path, namespace: str, *, is_chart: bool, runs_a_job: bool = False
) -> AsyncIterator[Stage]:
    """Set a stage with its own proxy in an empty namespace. A chart's hook is a mere object, or a Job that runs."""
    upstream = access_of(sandbox)
    _write(root, upstream.name, namespace)
    if runs_a_job:
        (root / "web" / "templates" / "hook.yaml").write_text(JOB_BEFORE.format(registry=sandbox.registry))
    direct = KubernetesCluster(_reach(upstream), clock=SystemClock(), environ={})
    async with FaultProxy(upstream) as proxy:
        config = root / "kubeconfig"
        config.write_bytes(proxy.kubeconfig())
        env = {**sandbox.env, "KUBECONFIG": str(config)}
        try:
            yield Stage(root, namespace, env, proxy, direct, is_chart)
        finally:
            await direct.close()


def access_of(sandbox: RunningSandbox) -> Access:
    """Return the way into the first cluster of a sandbox."""
    cluster = sandbox.status.state.clusters[0]
    return access(cluster, Places(sandbox.kubeconfig.parent).cluster(cluster.index))


def _reach(upstream: Access) -> Reach:
    credential = ClientCertificate(upstream.client.certificate, upstream.client.key)
    return Reach(upstream.name, upstream.server, "default", upstream.authority, False, None, None, credential, "")


def _write(root: Path, context: str, namespace: str) -> None:
    templates = root / "web" / "templates"
    templates.mkdir(parents=True)
    (root / "environments.yaml").write_text(ENVIRONMENTS.format(context=context, namespace=namespace))
    for version in ("a", "b"):
        (root / f"{version}.yaml").write_text(OBJECTS.format(version=version))
    (root / "web" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (templates / "objects.yaml").write_text(OBJECTS.format(version="{{ .Values.version }}"))
    (templates / "hook.yaml").write_text(RUN_BEFORE)
