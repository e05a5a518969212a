from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fairlead.domain.causes import Cause, Finding, Grace, Patience, final_at, suspicion
from fairlead.domain.identity import ObjectRef

API = ObjectRef("apps/v1", "Deployment", "shop", "api")
PULL = Finding(Cause.IMAGE_PULL, Grace.PULL, "cannot pull its image", "api-1", "app")


@pytest.mark.parametrize("grace", Grace)
def test_every_grace_ends_and_only_forever_does_not(grace: Grace) -> None:
    assert (Patience().seconds(grace) == math.inf) is (grace is Grace.FOREVER)


def test_a_trouble_is_final_when_its_grace_has_passed() -> None:
    assert final_at(PULL, since=100.0, patience=Patience(pull_seconds=7)) == 107.0
    assert final_at(replace(PULL, grace=Grace.NONE), since=100.0, patience=Patience()) == 100.0


def test_what_is_about_to_be_replaced_is_never_final() -> None:
    assert final_at(replace(PULL, grace=Grace.NONE, outdated=True), since=0.0, patience=Patience()) == math.inf


def test_other_words_for_it_do_not_make_it_another_trouble() -> None:
    again = replace(PULL, clause="cannot pull its image: not found", grace=Grace.NONE)

    assert suspicion(API, again) == suspicion(API, PULL)
    assert suspicion(API, replace(PULL, pod="api-2")) != suspicion(API, PULL)
