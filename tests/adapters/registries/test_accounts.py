from __future__ import annotations

import base64
import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.registries.accounts import MachineAccounts, login_files
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import InputError
from fairlead.domain.images import ImageName, parse_image
from fairlead.settings import Settings
from tests.fakes.programs import RecordingPrograms

ME = Account("me", "word")
AUTH = {"auth": base64.b64encode(b"me:word").decode()}


class Machine:
    """A home with files, programs on the path, and what was learned to be secret."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.programs = RecordingPrograms(folder / "bin")
        self.environ: dict[str, str] = {}
        self.secrets: list[str] = []

    def write(self, path: str, **content: Any) -> None:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))

    @property
    def settings(self) -> Settings:
        environ = {"HOME": str(self.home), "PATH": str(self.programs.directory), **self.environ}
        return Settings.from_environment(environ)

    def accounts(self) -> MachineAccounts:
        return MachineAccounts(self.settings, self._learn)

    def _learn(self, secrets: Sequence[str]) -> None:
        self.secrets += secrets

    async def login(self, image: str) -> Account | None:
        accounts = self.accounts()
        found = await accounts.account(parse_image(image).name)
        await accounts.close()
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("path", "environ"),
    [
        (".docker/config.json", {}),
        ("elsewhere/config.json", {"DOCKER_CONFIG": "{home}/elsewhere"}),
        ("auth.json", {"REGISTRY_AUTH_FILE": "{home}/auth.json"}),
        ("run/containers/auth.json", {"XDG_RUNTIME_DIR": "{home}/run"}),
        (".config/containers/auth.json", {}),
        ("xdg/containers/auth.json", {"XDG_CONFIG_HOME": "{home}/xdg"}),
        (".config/helm/registry/config.json", {}),
        ("helm.json", {"HELM_REGISTRY_CONFIG": "{home}/helm.json"}),
    ],
)
async def test_every_usual_file_is_read(path: str, environ: Mapping[str, str], machine: Machine) -> None:
    machine.environ = {name: value.format(home=machine.home) for name, value in environ.items()}
    machine.write(path, auths={"reg.test": AUTH})
    assert await machine.login("reg.test/shop/api") == ME
    assert await machine.login("other.test/shop/api") is None
    assert machine.secrets[0] == "word"
    assert b64decode(machine.secrets[1]).endswith(b":word")


async def test_the_first_file_with_a_login_counts(machine: Machine) -> None:
    other = {"auth": base64.b64encode(b"other:x").decode()}
    machine.write(".docker/config.json", auths={"reg.test": AUTH})
    machine.write(".config/helm/registry/config.json", auths={"reg.test": other, "charts.test": other})
    assert await machine.login("reg.test/a") == ME
    assert await machine.login("charts.test/a") == Account("other", "x")


async def test_without_any_file_nobody_is_known(machine: Machine) -> None:
    assert await machine.login("reg.test/a") is None
    assert machine.secrets == []


async def test_a_file_that_is_none_is_named(machine: Machine) -> None:
    machine.write(".docker/config.json", auths=["x"])
    with pytest.raises(InputError) as caught:
        await machine.login("reg.test/a")
    assert caught.value.problems[0].file == str(machine.home / ".docker" / "config.json")


async def test_a_file_that_cannot_be_read_is_named(machine: Machine) -> None:
    (machine.home / ".docker" / "config.json").mkdir(parents=True)
    with pytest.raises(InputError) as caught:
        await machine.login("reg.test/a")
    assert caught.value.code == "dockerConfigUnreadable"


async def test_a_helper_is_asked_once_for_each_registry(machine: Machine) -> None:
    machine.write(".docker/config.json", credsStore="desktop", auths={"reg.test": {}})
    machine.programs.install("docker-credential-desktop", stdout='{"Username": "me", "Secret": "word"}')
    accounts = machine.accounts()
    for image in ("reg.test/a", "reg.test/b", "nginx"):
        assert await accounts.account(parse_image(image).name) == ME
    await accounts.close()
    assert machine.programs.calls == [("docker-credential-desktop", "get")] * 2


async def test_the_tool_of_a_cloud_is_asked_when_docker_knows_nothing(machine: Machine) -> None:
    machine.write(".docker/config.json", auths={"reg.test": AUTH})
    machine.programs.install("gcloud", stdout="ya29.token\n")
    assert await machine.login("eu-docker.pkg.dev/shop/api") == Account("oauth2accesstoken", "ya29.token")
    assert machine.secrets[0] == "ya29.token"
    assert b64decode(machine.secrets[1]).endswith(b":ya29.token")
    assert machine.programs.calls == [("gcloud", "auth", "print-access-token", "--quiet")]


async def test_what_docker_knows_comes_before_the_tool_of_a_cloud(machine: Machine) -> None:
    machine.write(".docker/config.json", auths={"eu-docker.pkg.dev": AUTH})
    machine.programs.install("gcloud", stdout="ya29.token\n")
    assert await machine.login("eu-docker.pkg.dev/shop/api") == ME
    assert machine.programs.calls == []


def test_files_are_looked_for_as_their_programs_do(machine: Machine) -> None:
    machine.environ = {
        "REGISTRY_AUTH_FILE": "/a",
        "DOCKER_CONFIG": "/d",
        "XDG_RUNTIME_DIR": "/r",
        "XDG_CONFIG_HOME": "/c",
    }
    assert [str(file) for file in login_files(machine.settings)] == [
        "/a",
        "/d/config.json",
        "/r/containers/auth.json",
        "/c/containers/auth.json",
        "/c/helm/registry/config.json",
    ]


async def test_pull_secrets_come_after_files_and_before_the_tools_of_clouds(machine: Machine) -> None:
    asked: list[str] = []

    async def in_clusters(image: ImageName) -> Account | None:
        asked.append(str(image))
        return Account("pod", "pulled") if image.repository == "shop/api" else None

    machine.write(".docker/config.json", auths={"reg.test": AUTH})
    machine.programs.install("gcloud", stdout="ya29.token\n")
    accounts = MachineAccounts(machine.settings, machine.secrets.extend, in_clusters)
    images = ("reg.test/a", "eu-docker.pkg.dev/shop/api", "eu-docker.pkg.dev/shop/web")
    found = [await accounts.account(parse_image(image).name) for image in images]
    await accounts.close()
    assert found == [ME, Account("pod", "pulled"), Account("oauth2accesstoken", "ya29.token")]
    assert asked == ["eu-docker.pkg.dev/shop/api", "eu-docker.pkg.dev/shop/web"]
    assert "pulled" in machine.secrets
