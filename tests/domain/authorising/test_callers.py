"""Roles."""

from __future__ import annotations

import pytest

from fairlead.domain.authorising.callers import Role


@pytest.mark.parametrize("one", Role)
@pytest.mark.parametrize("other", Role)
def test_each_role_includes_the_ones_before_it(one: Role, other: Role) -> None:
    ranks = [Role.VIEWER, Role.DEPLOYER, Role.ADMIN]

    assert one.includes(other) == (ranks.index(one) >= ranks.index(other))
