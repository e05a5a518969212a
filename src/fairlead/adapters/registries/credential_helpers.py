"""Programs that know logins: docker's credential helpers, and the command-line tools of the clouds.

A helper gets the registry on standard input and answers with `{"Username", "Secret"}` (docker-credential-helpers). The
tools of the clouds are asked where docker knows nothing and the host belongs to such a cloud; the same tools already
open clusters there, so nothing has to be set up twice. For ECR boto3 is asked first, where it is installed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from fairlead.domain.docker_config import Account, Helper
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.doors.process import Program, locate, run
from fairlead.settings import Settings

_IDENTITY = "<token>"  # a helper's user name for an identity token
_TIMEOUT = 30.0
_OUTPUT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CloudLogin:
    """A tool's command, and what its answer is."""

    argv: tuple[str, ...]
    username: str
    key: str | None = None
    """The key of a JSON answer; None when the password is the whole answer."""


def cloud_commands(registry: str) -> tuple[CloudLogin, ...]:
    """Return how the owner's tools are asked for a login to a hosted registry, the best first; none for all others."""
    if found := _ECR.fullmatch(registry):
        aws = CloudLogin(("aws", "ecr", "get-login-password", "--region", found["region"]), "AWS")
        boto = CloudLogin((*_BOTO, found["region"]), "AWS")
        return (boto, aws) if find_spec("boto3") is not None else (aws,)
    if _GOOGLE.fullmatch(registry):
        return (CloudLogin(("gcloud", "auth", "print-access-token", "--quiet"), "oauth2accesstoken"),)
    if found := _ACR.fullmatch(registry):
        argv = ("az", "acr", "login", "--name", found["name"], "--expose-token", "--output", "json")
        return (CloudLogin(argv, "00000000-0000-0000-0000-000000000000", "accessToken"),)
    return ()


_BOTO = (sys.executable, "-I", "-m", "fairlead.adapters.registries.ecr")
_ECR = re.compile(r"[0-9]{12}\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_GOOGLE = re.compile(r"(?:[a-z]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev")
_ACR = re.compile(r"(?P<name>[a-z0-9]{5,50})\.azurecr\.io")


async def ask_helper(helper: Helper, settings: Settings) -> Account | None:
    """Return the login that a helper knows; None when it knows none.

    Raises:
        InputError: `credentialHelperMissing`.
    """
    name = f"docker-credential-{helper.name}"
    program = locate(name, search_path=settings.search_path)
    if program is None:
        message = f"the login to {helper.server} is kept by the program {name}, which is not installed"
        remedy = "install it and make sure that it is on PATH, or log in without a credential helper"
        raise InputError(Problem("credentialHelperMissing", message, remedy=remedy))
    answer = _object(await _output((str(program), "get"), settings.environ, stdin=helper.server.encode()))
    username, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str) or not secret:
        return None
    return Account("", secret, is_token=True) if username == _IDENTITY else Account(username, secret)


async def cloud_login(registry: str, settings: Settings) -> Account | None:
    """Return the login that a tool of the registry's cloud gives; None when there is no such tool or login."""
    for command in cloud_commands(registry):
        if (found := await _asked(command, settings)) is not None:
            return found
    return None


async def _asked(login: CloudLogin, settings: Settings) -> Account | None:
    program = locate(login.argv[0], search_path=settings.search_path)
    if program is None:
        return None
    answer = await _output((str(program), *login.argv[1:]), settings.environ)
    password = _object(answer).get(login.key) if login.key else answer.decode(errors="replace").strip()
    usable = isinstance(password, str) and password.isascii() and password.isprintable()
    return Account(login.username, password) if usable and password else None


async def _output(argv: tuple[str, ...], environ: Mapping[str, str], *, stdin: bytes = b"") -> bytes:
    """Return what a program says; nothing when it fails, which is how these programs say that they know no login."""
    program = Program(argv, env=environ, stdin=stdin, timeout=_TIMEOUT, output_limit=_OUTPUT)
    try:
        return (await run(program)).stdout
    except OperationFailed:
        return b""


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
