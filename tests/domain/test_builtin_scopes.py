from __future__ import annotations

import pytest

from fairlead.domain.builtin_scopes import BUILT_IN_SCOPES
from fairlead.domain.chart_output import INSTALL_ORDER


@pytest.mark.parametrize(
    ("group", "kind", "namespaced"),
    [
        ("", "Pod", True),
        ("", "Namespace", False),
        ("apps", "Deployment", True),
        ("networking.k8s.io", "IngressClass", False),
        ("rbac.authorization.k8s.io", "Role", True),
        ("rbac.authorization.k8s.io", "ClusterRole", False),
    ],
)
def test_scopes_of_well_known_kinds(group: str, kind: str, namespaced: bool) -> None:
    assert BUILT_IN_SCOPES[group, kind] is namespaced


def test_every_kind_that_helm_orders_has_a_scope() -> None:
    kinds = {kind for _, kind in BUILT_IN_SCOPES}
    assert {kind for kind in INSTALL_ORDER if not kind.endswith("List")} <= kinds
