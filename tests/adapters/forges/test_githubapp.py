"""A GitHub App's token: asked for with a statement that its key signed, and kept until shortly before its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from fairlead.adapters.forges.githubapp import App, AppToken
from fairlead.domain.errors import InputError, RemoteRefused
from fairlead.doors.dial import Dialer
from tests.fakes.clock import FakeClock
from tests.fakes.http import Answer, HttpServer, Request, json_answer

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()


class GitHubAnswers:
    """Gives a new token at each request, after checking the statement."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.given = 0
        self.answer: Answer | None = None

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> Answer:
        if self.answer is not None:
            return self.answer
        statement = request.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(
            statement, KEY.public_key(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
        assert claims["iss"] == "12345"
        assert claims["exp"] - claims["iat"] <= 600
        assert request.path == "/app/installations/678/access_tokens"
        self.given += 1
        ends = (self.clock.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
        return json_answer({"token": f"ghs_{self.given}", "expires_at": ends}, 201)


@pytest.fixture
async def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def github(clock: FakeClock) -> AsyncIterator[tuple[GitHubAnswers, AppToken]]:
    answers = GitHubAnswers(clock)
    dialer = Dialer()
    async with HttpServer(answers) as http:
        yield answers, AppToken(App("12345", "678", PEM), http.url, clock, dialer)
        await dialer.close()


Served = tuple[GitHubAnswers, AppToken]


async def test_a_token_is_kept_until_shortly_before_its_end(github: Served, clock: FakeClock) -> None:
    _, token = github

    assert await token() == {"Authorization": "Bearer ghs_1"}
    clock.advance(54 * 60)
    assert await token.token() == "ghs_1"
    clock.advance(60)
    assert await token.token() == "ghs_2"


async def test_a_key_that_cannot_sign_is_named_without_being_shown(github: Served, clock: FakeClock) -> None:
    _, good = github
    token = AppToken(App("12345", "678", "-----BEGIN nonsense"), good.api, clock, good.dialer)

    with pytest.raises(InputError) as caught:
        await token()

    assert caught.value.code == "appKeyInvalid"
    assert "nonsense" not in str(caught.value)


@pytest.mark.parametrize(
    "answer", [json_answer({"message": "Not Found"}, 404), Answer(201, b"<html>"), json_answer({"token": 1}, 201)]
)
async def test_no_token_is_an_error(github: Served, answer: Answer) -> None:
    answers, token = github
    answers.answer = answer

    with pytest.raises(RemoteRefused) as caught:
        await token()

    assert caught.value.code == "appRefused"
    assert "eyJ" not in json.dumps(str(caught.value))
