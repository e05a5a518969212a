"""Our levels of pod security are those of a real API server, which is asked about the same pods."""

from __future__ import annotations

import pytest

from fairlead.domain.apps.pod_security import Level, violations
from fairlead.domain.errors import RemoteRefused
from tests.contracts.conftest import RealCluster
from tests.fakes.pod_security import CASES

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("level", [Level.BASELINE, Level.RESTRICTED])
async def test_the_api_server_says_the_same(real: RealCluster, level: Level) -> None:
    labels = {"pod-security.kubernetes.io/enforce": level.value, "kubernetes.io/metadata.name": real.namespace}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": real.namespace, "labels": labels}}
    await real.cluster.apply(namespace, manager="contract")
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "apps"}}
    await real.cluster.apply(account, manager="contract")
    theirs = {case: await _refused(real, case) for case in CASES}
    assert theirs == {case: bool(list(violations(spec, level))) for case, (spec, _) in CASES.items()}


async def _refused(real: RealCluster, case: str) -> bool:
    spec = {**CASES[case][0], "serviceAccountName": "apps"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "asked"}, "spec": spec}
    try:
        await real.cluster.apply(pod, manager="contract", dry_run=True)
    except RemoteRefused as error:
        if "violates PodSecurity" not in error.problems[0].message:
            raise
        return True
    return False
