from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from fairlead.adapters.registries.credential_helpers import ask_helper, cloud_commands, cloud_login
from fairlead.domain.docker_config import Account, Helper
from fairlead.domain.errors import InputError
from fairlead.settings import Settings
from tests.fakes.http import Answer, HttpServer, Request, json_answer
from tests.fakes.programs import RecordingPrograms

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
# boto3 shall not ask the machine that it runs on.
NO_CREDENTIALS = {"AWS_EC2_METADATA_DISABLED": "true"}
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def programs(tmp_path: Path) -> RecordingPrograms:
    return RecordingPrograms(tmp_path / "bin")


def settings(programs: RecordingPrograms) -> Settings:
    environ = {"HOME": "/nowhere", "PATH": str(programs.directory), **NO_CREDENTIALS}
    return Settings.from_environment(environ)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"ServerURL": "reg.test", "Username": "me", "Secret": "word"}', Account("me", "word")),
        ('{"Username": "<token>", "Secret": "identity"}', Account("", "identity", is_token=True)),
        ('{"Username": "me", "Secret": ""}', None),
        ('{"Username": 5, "Secret": "x"}', None),
        ("[]", None),
        ("no json", None),
        ("", None),
    ],
)
async def test_helpers_answer(answer: str, expected: Account | None, programs: RecordingPrograms) -> None:
    programs.install("docker-credential-pass", stdout=answer)
    assert await ask_helper(Helper("pass", "reg.test"), settings(programs)) == expected


async def test_a_helper_is_told_the_registry_on_its_input(tmp_path: Path, programs: RecordingPrograms) -> None:
    program = programs.directory / "docker-credential-echo"
    program.write_text('#!/bin/sh\nread -r server\nprintf \'{"Username": "me", "Secret": "%s"}\' "$server"\n')
    program.chmod(0o755)
    assert await ask_helper(Helper("echo", "https://index.docker.io/v1/"), settings(programs)) == Account(
        "me", "https://index.docker.io/v1/"
    )


async def test_a_helper_that_knows_nothing_says_so_by_failing(programs: RecordingPrograms) -> None:
    programs.install("docker-credential-pass", stdout="credentials not found in native keychain", exit_code=1)
    assert await ask_helper(Helper("pass", "reg.test"), settings(programs)) is None


async def test_a_helper_that_is_not_there_is_named(programs: RecordingPrograms) -> None:
    with pytest.raises(InputError) as caught:
        await ask_helper(Helper("pass", "reg.test"), settings(programs))
    assert caught.value.code == "credentialHelperMissing"


@pytest.mark.parametrize(
    ("registry", "command"),
    [
        (ECR, ("aws", "ecr", "get-login-password", "--region", "eu-west-1")),
        (
            f"{ECR}.cn".replace("eu-west-1", "cn-north-1"),
            ("aws", "ecr", "get-login-password", "--region", "cn-north-1"),
        ),
        (ECR.replace("ecr.", "ecr-fips."), ("aws", "ecr", "get-login-password", "--region", "eu-west-1")),
        ("gcr.io", ("gcloud", "auth", "print-access-token", "--quiet")),
        ("eu.gcr.io", ("gcloud", "auth", "print-access-token", "--quiet")),
        ("europe-west1-docker.pkg.dev", ("gcloud", "auth", "print-access-token", "--quiet")),
        ("shopacr.azurecr.io", ("az", "acr", "login", "--name", "shopacr", "--expose-token", "--output", "json")),
        ("ghcr.io", None),
        ("docker.io", None),
        ("gcr.io.thief.example", None),
        (f"{ECR}.thief.example", None),
        ("1.dkr.ecr.eu-west-1.amazonaws.com", None),
        ("--profile.azurecr.io", None),
    ],
)
def test_the_tool_of_a_registrys_cloud_is_known(registry: str, command: tuple[str, ...] | None) -> None:
    assert next((one.argv for one in reversed(cloud_commands(registry))), None) == command


@pytest.mark.parametrize(
    ("registry", "program", "answer", "expected"),
    [
        (ECR, "aws", "eyJwYXls\n", Account("AWS", "eyJwYXls")),
        ("gcr.io", "gcloud", "ya29.x\n", Account("oauth2accesstoken", "ya29.x")),
        ("shopacr.azurecr.io", "az", '{"accessToken": "eyJ", "loginServer": "x"}', Account(NOBODY, "eyJ")),
        ("shopacr.azurecr.io", "az", "{}", None),
        ("shopacr.azurecr.io", "az", '{"accessToken": 5}', None),
        ("gcr.io", "gcloud", "", None),
        ("gcr.io", "gcloud", "a\nb", None),
        ("gcr.io", "gcloud", "a\u00e9", None),
    ],
)
async def test_the_tools_of_clouds_answer(
    registry: str, program: str, answer: str, expected: Account | None, programs: RecordingPrograms
) -> None:
    programs.install(program, stdout=answer)
    assert await cloud_login(registry, settings(programs)) == expected


async def test_a_tool_that_fails_or_is_not_there_leaves_nobody(programs: RecordingPrograms) -> None:
    assert await cloud_login(ECR, settings(programs)) is None
    programs.install("aws", stderr="Unable to locate credentials", exit_code=255)
    assert await cloud_login(ECR, settings(programs)) is None


async def _ecr(request: Request, _writer: asyncio.StreamWriter) -> Answer:
    """Answer as ECR's API does: JSON 1.1, the operation in a header."""
    if request.headers["x-amz-target"] != "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken":
        return json_answer({"__type": "UnknownOperationException"}, 400)
    if "Credential=AKID/" not in request.headers["authorization"]:
        return json_answer({"__type": "UnrecognizedClientException", "message": "invalid token"}, 400)
    token = base64.b64encode(b"AWS:eyJw:x").decode()
    return json_answer({"authorizationData": [{"authorizationToken": token, "proxyEndpoint": f"https://{ECR}"}]})


@pytest.mark.parametrize(
    ("key", "expected"), [("AKID", Account("AWS", "eyJw:x")), ("OTHER", Account("AWS", "of the program"))]
)
async def test_ecr_is_asked_with_boto3_and_else_with_its_program(
    key: str, expected: Account, programs: RecordingPrograms
) -> None:
    programs.install("aws", stdout="of the program")
    async with HttpServer(_ecr) as server:
        amazon = {"AWS_ENDPOINT_URL_ECR": server.url, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "hush"}
        environ = {**settings(programs).environ, **amazon}
        found = await cloud_login(ECR, Settings.from_environment(environ))
    assert found == expected
    (request,) = server.requests
    assert "/eu-west-1/ecr/aws4_request" in request.headers["authorization"]
