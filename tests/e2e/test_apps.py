"""Descriptors on a real API server with really running pods: what an app gets, and who may take its names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from fairlead.adapters.probes.choosing import EitherWay
from fairlead.adapters.probes.direct import DirectProbes
from fairlead.adapters.variables.configmaps import ConfigMapVariables
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.naming import collisions
from fairlead.domain.apps.objects import version_objects
from fairlead.domain.apps.probing import pods_to_ask, probe_request
from fairlead.domain.apps.refusals import in_descriptor
from fairlead.domain.apps.unit_objects import unit_objects
from fairlead.domain.apps.variables import SecretKey, Variable
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import Identity, object_ref
from fairlead.pipeline.probing import ask_pods
from fairlead.pipeline.units.variables import change_variables, inputs_of, outdated
from fairlead.ports.cluster import ApiKind, LiveObject
from tests.e2e.running import RunningSandbox
from tests.e2e.shells import Shell
from tests.e2e.units import UnitSite, unit_site
from tests.pipeline.units.units import states

pytestmark = pytest.mark.e2e
PODS = ApiKind("v1", "Pod", "pods", namespaced=True)


@pytest.fixture
async def site(real_sandbox: RunningSandbox, namespace: str) -> AsyncIterator[UnitSite]:
    async with unit_site(real_sandbox, namespace) as found:
        yield found


def described(site: UnitSite, **fields: Any) -> Descriptor:
    """Return an app with everything that the Amdatu Deployer could not do."""
    image = f"{site.registry}/app:1.0"
    main = {
        "name": "app",
        "image": image,
        "ports": [{"containerPort": 8080}, {"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1},
        "volumeMounts": [{"name": "settings", "mountPath": "/settings"}, {"name": "login", "mountPath": "/login"}],
        "envFrom": [{"configMapRef": {"name": "settings"}}],
    }
    document = {
        "namespace": site.key.namespace,
        "appName": "shop",
        "newVersion": "#",
        "configMaps": [{"name": "settings", "data": {"COLOUR": "green"}}],
        "secrets": ["login"],
        "podspec": {
            "initContainers": [{"name": "before", "image": image, "args": ["resolve", "localhost"]}],
            "containers": [main],
            "volumes": [
                {"name": "settings", "configMap": {"name": "settings"}},
                {"name": "login", "secret": {"secretName": "login"}},
            ],
        },
        "drainTimeout": "1s",
        **fields,
    }
    read = read_descriptor(document)
    assert isinstance(read, Descriptor), read
    return read


async def login(site: UnitSite, value: str) -> None:
    meta = {"name": "login", "namespace": site.key.namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"token": value}}
    await site.cluster.apply(secret, manager="tester")


async def pods(site: UnitSite, version: str) -> tuple[LiveObject, ...]:
    found = await site.cluster.list(PODS, site.key.namespace, label_selector=f"app=shop,version={version}")
    return found.items


async def test_ports_volumes_configuration_and_variables(site: UnitSite) -> None:
    await login(site, "one")
    store = ConfigMapVariables(site.cluster)
    token = Variable("TOKEN", SecretKey("login", "token"))
    await change_variables(store, site.key.namespace, lambda _: {"ZONE": Variable("ZONE", "b"), "TOKEN": token})
    descriptor = described(site)
    inputs = await inputs_of(site.cluster, store, descriptor)
    accepted, anchor = await site.deploy(descriptor, inputs=inputs)
    assert (accepted.version, states(anchor)) == ("1", {"1": "Live"})

    service = await site.get("Service", "shop")
    assert service is not None
    assert [(port["name"], port["protocol"], port["port"]) for port in service["spec"]["ports"]] == [
        ("tcp-8080", "TCP", 8080),
        ("udp-53", "UDP", 53),
        ("tcp-53", "TCP", 53),
    ]
    (pod,) = await pods(site, "1")
    env = {one["name"]: one.get("value") for one in pod["spec"]["containers"][0]["env"]}
    assert (env["APP_NAME"], env["APP_VERSION"], env["ZONE"], env["TOKEN"]) == ("shop", "1", "b", None)
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    for kind, name in (
        ("ConfigMap", volumes["settings"]["configMap"]["name"]),
        ("Secret", volumes["login"]["secret"]["secretName"]),
    ):
        copy = await site.get(kind, name)
        assert copy is not None
        assert copy["immutable"] is True

    units = await site.units.units(site.key.cluster, site.key.namespace)
    anchors = (await site.units.places(site.key.cluster)).anchors
    changed = await change_variables(store, site.key.namespace, lambda old: {**old, "ZONE": Variable("ZONE", "c")})
    (restart,) = await outdated(anchors, units, changed)
    assert (restart.version, restart.names) == ("1", ("ZONE",))
    accepted, anchor = await site.deploy(descriptor, inputs=await inputs_of(site.cluster, store, descriptor))
    assert (accepted.version, states(anchor)) == ("2", {"1": "Hot", "2": "Live"})


async def test_health_of_real_pods(site: UnitSite) -> None:
    """The network of pods cannot be reached from here, so the API server asks them."""
    await login(site, "one")
    descriptor = described(site, useHealthCheck=True, ignoreHealthCheck=True, replicas=2)
    inputs = await inputs_of(site.cluster, ConfigMapVariables(site.cluster), descriptor)
    await site.deploy(descriptor, inputs=inputs)
    request = probe_request(descriptor.health, descriptor.main.pod_spec)
    addresses = pods_to_ask(await pods(site, "1"))
    assert len(addresses) == 2
    direct = DirectProbes()
    async with asyncio.timeout(30):
        for probes in (site.cluster, EitherWay(direct, site.cluster)):
            found = await ask_pods(probes, addresses, request, kind=descriptor.health.kind)
            assert [one.healthy for one in found] == [True, True], found
            assert all('"healthy"' in one.kept for one in found)
    await direct.close()


async def test_the_names_of_another_app_are_refused(site: UnitSite) -> None:
    await login(site, "one")
    descriptor = described(site, newVersion="1-2")
    inputs = await inputs_of(site.cluster, ConfigMapVariables(site.cluster), descriptor)
    await site.deploy(descriptor, inputs=inputs)
    other = described(site, appName="shop-1", newVersion="2")
    made = version_objects(other, "2", inputs)
    wanted = (*made.created, *unit_objects(other, "2").all)
    live: dict[Identity, LiveObject] = {}
    for ref in map(object_ref, wanted):
        found = await site.cluster.get(ref)
        if found is not None:
            live[ref.identity] = found
    problems = collisions(wanted, live)
    assert {problem.code for problem in problems} == {"nameTaken"}
    assert len(problems) == 3
    assert all(f"{site.key.namespace}/shop, version 1-2" in problem.message for problem in problems)


async def test_what_the_server_has_against_a_pod_is_said_of_the_descriptor(site: UnitSite) -> None:
    """Its own schema knows every field of a PodSpec: misspelled ones, and values that are none."""
    wrongs: dict[str, dict[str, Any]] = {
        "podspec.hostnam": {"hostnam": "x"},
        "podspec.hostAliases[0].ip": {"hostAliases": [{"ip": "nowhere", "hostnames": ["a"]}]},
    }
    for path, wrong in wrongs.items():
        descriptor = described(site, secrets=[], configMaps=[])
        main = replace(descriptor.main, pod_spec={**descriptor.main.pod_spec, **wrong})
        descriptor = replace(descriptor, main=main)
        (deployment,) = version_objects(descriptor, "1").workloads
        with pytest.raises(RemoteRefused) as refused:
            await site.cluster.apply(deployment, manager="tester", dry_run=True)
        found = in_descriptor(refused.value.problems[0], descriptor, deployment)
        assert found.path == path, found


async def test_an_app_from_a_release_file_with_variables(shell: Shell) -> None:
    """The installed command, from a checkout, without a server."""
    described = orjson.loads((shell.directory / "shop.json").read_bytes())
    release = {"name": "shop", "app": {key: described[key] for key in ("newVersion", "podspec", "drainTimeout")}}
    environment = {
        "name": "test",
        "provider": {"existingContext": {"contextName": shell.sandbox.contexts[0]}},
        "kubeNamespace": shell.namespace,
        "releases": [release],
    }
    (shell.directory / "environments.yaml").write_bytes(orjson.dumps({"environments": [environment]}))
    code, document = await shell.run("lint", "test", "--online")
    assert (code, document["problems"]) == (0, [])
    code, document = await shell.run("deploy", "--release", "shop", "-e", "test")
    assert (code, document["units"][0]["live"]) == (0, "1")
    code, document = await shell.run("env", "set", "colour=green", "-e", "test")
    assert (code, document["restarts"]) == (0, [{"app": "shop", "version": "1", "names": ["COLOUR"]}])
    code, document = await shell.run("deploy", "--release", "shop", "-e", "test")
    assert (code, document["units"][0]["live"]) == (0, "2")
    code, document = await shell.run("env", "list", "-e", "test")
    assert (code, document["restarts"]) == (0, [])
    code, document = await shell.run("apply", "test")
    assert (code, document["deployments"][0]["outcome"]) == (0, "unchanged")
