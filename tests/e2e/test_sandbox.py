"""What the sandbox promises to everything that is deployed to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.doors.dial import Dialer
from fairlead.sandbox import modules
from fairlead.sandbox.waiting import holds_within
from tests.e2e.running import RunningSandbox

pytestmark = pytest.mark.e2e


def workload(registry: str, **env: str) -> str:
    container = {
        "name": "app",
        "image": f"{registry}/app:1.0",
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    stateful = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "app"},
        "spec": {
            "serviceName": "app",
            "selector": {"matchLabels": {"app": "app"}},
            "template": {"metadata": {"labels": {"app": "app"}}, "spec": {"containers": [container]}},
            "volumeClaimTemplates": [claim],
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "app"},
        "spec": {"selector": {"app": "app"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [stateful, service]})


async def test_every_cluster_reports_the_pinned_version(sandbox: RunningSandbox) -> None:
    for context in sandbox.contexts:
        versions = json.loads(await sandbox.ask("version", "--output=json", context=context))
        expected = f"v{modules.KUBERNETES.version}"
        assert versions["serverVersion"]["gitVersion"] == expected
        assert versions["clientVersion"]["gitVersion"] == expected


async def test_a_workload_with_a_volume_comes_up(sandbox: RunningSandbox, namespace: str) -> None:
    await come_up(sandbox, namespace)
    claim = json.loads(await sandbox.ask("-n", namespace, "get", "pvc", "data-app-0", "--output=json"))
    assert claim["status"]["phase"] == "Bound"


async def test_pods_and_services_answer_this_machine(real_sandbox: RunningSandbox, namespace: str) -> None:
    sandbox = real_sandbox
    await come_up(sandbox, namespace)
    service = json.loads(await sandbox.ask("-n", namespace, "get", "service", "app", "--output=json"))

    async def answers() -> bool:  # a Service's rules follow its endpoints a moment later
        return await answer(f"http://{service['spec']['clusterIP']}/") == "1.0 app-0\n"

    await holds_within(10, "the Service", answers)
    pod = json.loads(await sandbox.ask("-n", namespace, "get", "pod", "app-0", "--output=json"))
    assert json.loads(await answer(f"http://{pod['status']['podIP']}:8080/health"))["healthy"] is True


async def test_a_pod_finds_services_by_name_and_is_reachable_for_logs(
    real_sandbox: RunningSandbox, namespace: str
) -> None:
    sandbox = real_sandbox
    await come_up(sandbox, namespace)
    inside = ("-n", namespace, "exec", "app-0", "--")
    service = json.loads(await sandbox.ask("-n", namespace, "get", "service", "app", "--output=json"))

    async def resolved() -> bool:
        found = await sandbox.ask(*inside, "/app", "resolve", f"app.{namespace}")
        return found.split() == [service["spec"]["clusterIP"]]

    await holds_within(10, "the name of the Service", resolved)
    assert await sandbox.ask(*inside, "/app", "get", f"http://app.{namespace}.svc.cluster.local/") == "1.0 app-0\n"
    assert "GET /" in await sandbox.ask("-n", namespace, "logs", "app-0")


@pytest.mark.parametrize(("env", "phase"), [({"CRASH": "3"}, "terminated"), ({"UNHEALTHY": "1"}, "running")])
async def test_the_sample_can_fail_on_purpose(
    real_sandbox: RunningSandbox, namespace: str, env: dict[str, str], phase: str
) -> None:
    sandbox = real_sandbox
    await sandbox.ask("-n", namespace, "apply", "-f", "-", stdin=workload(sandbox.registry, **env))

    async def fails() -> bool:
        listed = json.loads(await sandbox.ask("-n", namespace, "get", "pods", "--output=json"))
        states = [state for pod in listed["items"] for state in pod["status"].get("containerStatuses", [])]
        return any(phase in state["state"] | state["lastState"] and not state["ready"] for state in states)

    await holds_within(30, "the failure", fails)


def test_nothing_leaves_the_machine(real_sandbox: RunningSandbox) -> None:
    for cluster in real_sandbox.status.state.clusters:
        assert cluster.node is not None
        destinations = [
            line.split()[1] for line in Path(f"/proc/{cluster.node.pid}/net/route").read_text().splitlines()
        ]
        assert "00000000" not in destinations, "there is a default route"
        assert len(destinations) > 1


async def come_up(sandbox: RunningSandbox, namespace: str) -> None:
    await sandbox.ask("-n", namespace, "apply", "-f", "-", stdin=workload(sandbox.registry))
    await sandbox.ask("-n", namespace, "rollout", "status", "statefulset/app", "--timeout=60s")


async def answer(url: str) -> str:
    dialer = Dialer()
    try:
        return (await dialer.request("GET", url, timeout=10)).body.decode()
    finally:
        await dialer.close()
