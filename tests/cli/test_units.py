"""Where commands about units look, and how they say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.cli.options import AccessOptions, Declared
from fairlead.cli.units import UnitWhere

OTHER = AccessOptions(Path("my config"), "eu")


@pytest.mark.parametrize(
    ("where", "namespace", "expected"),
    [
        (UnitWhere(Declared(AccessOptions())), None, ""),
        (UnitWhere(Declared(AccessOptions()), "test"), "shop", " -e test"),
        (UnitWhere(Declared(AccessOptions()), None, "shop"), "shop", " --namespace shop"),
        (UnitWhere(Declared(OTHER)), None, " --kubeconfig 'my config' --context eu"),
        (
            UnitWhere(Declared(AccessOptions(), Path("e.yaml"), Path("repo")), "test"),
            None,
            " -e test -f e.yaml --root repo",
        ),
    ],
    ids=["nothing", "environment", "namespace", "access", "files"],
)
def test_the_options_that_lead_another_command_there(where: UnitWhere, namespace: str | None, expected: str) -> None:
    assert where.options(namespace) == expected
