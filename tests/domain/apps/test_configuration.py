from __future__ import annotations

import pytest

from fairlead.domain.apps.configuration import SecretContent, configuration, redirected, references
from fairlead.domain.errors import InputError
from tests.fakes.descriptors import EVERYTHING, described

MAP = {"configMaps": [{"name": "settings", "data": {"a": "b"}}]}
USED = {("ConfigMap", "settings"), ("Secret", "login"), ("Secret", "other")}


def test_a_copy_is_named_by_its_content_and_never_changes() -> None:
    made = configuration(described(**MAP), {})["ConfigMap", "settings"]
    again = configuration(described(**MAP, newVersion="8"), {})["ConfigMap", "settings"]
    other = configuration(described(configMaps=[{"name": "settings", "data": {"a": "c"}}]), {})
    assert made == again
    assert made["immutable"] is True
    assert made["data"] == {"a": "b"}
    assert made["metadata"]["name"].startswith("settings-")
    assert made["metadata"]["name"] != other["ConfigMap", "settings"]["metadata"]["name"]


def test_two_apps_share_no_object() -> None:
    names = {
        configuration(described(**MAP, appName=app), {})["ConfigMap", "settings"]["metadata"]["name"] for app in "ab"
    }
    assert len(names) == 2


def test_secrets_are_copied_and_not_shown() -> None:
    content = SecretContent({"key": "aHVudGVyMg=="}, "kubernetes.io/tls")
    made = configuration(described(secrets=["login"]), {"login": content})["Secret", "login"]
    assert made["data"] == {"key": "aHVudGVyMg=="}
    assert made["type"] == "kubernetes.io/tls"
    assert "aHVudGVyMg" not in repr(content)


def test_a_secret_that_is_not_there() -> None:
    with pytest.raises(InputError) as refused:
        configuration(described(secrets=["here", "gone"]), {"here": SecretContent({})})
    assert (refused.value.code, refused.value.problems[0].path) == ("secretMissing", "secrets[1]")


def test_every_reference_is_found_and_led_elsewhere() -> None:
    pod = EVERYTHING["podspec"]
    assert references(pod) == USED
    changed = redirected(pod, {("ConfigMap", "settings"): "settings-1", ("Secret", "login"): "login-1"})
    assert references(changed) == {("ConfigMap", "settings-1"), ("Secret", "login-1"), ("Secret", "other")}
    assert references(pod) == USED
    assert changed["volumes"][3] == pod["volumes"][3]


def test_references_without_a_name_are_none() -> None:
    pod = {"containers": [{"envFrom": [{"configMapRef": {}}], "env": None}], "volumes": [{"name": "a", "secret": None}]}
    assert references(pod) == frozenset()
