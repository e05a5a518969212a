"""Forges as small servers: one set of pull requests behind the HTTP shapes of five kinds of forges.

Each shape is written from the forge's own API reference, apart from the adapter that it tests.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.http import Answer, Request, json_answer

TOKEN = "forge token"
SITE = "https://forge.example.org"


@dataclass(slots=True)
class Pull:
    """One pull request, in no forge's words."""

    number: int
    branch: str
    base: str
    title: str
    body: str
    is_fork: bool = False
    is_gone: bool = False  # the fork was deleted
    is_open: bool = True
    merges_itself: bool = False
    comments: list[str] = field(default_factory=list)
    commit: str = "c" * 40
    is_merged: bool = False
    site: str = SITE


@dataclass
class ForgeServer:
    """The handler of an `HttpServer`. `failing` answers instead, one at a time; `page` is how many a list has.

    `site` is where people see it.
    """

    kind: str
    pulls: list[Pull] = field(default_factory=list)
    failing: list[Answer] = field(default_factory=list)
    page: int = 2
    site: str = SITE

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        if self.failing:
            return self.failing.pop(0)
        name, proof = PROOFS[self.kind]
        if request.headers.get(name) != proof:
            return json_answer({"message": "Unauthorized"}, 401)
        return self._routed(request)

    def add(self, branch: str, *, is_fork: bool = False, title: str = "t", body: str = "b") -> Pull:
        self.pulls.append(Pull(len(self.pulls) + 1, branch, "main", title, body, is_fork, site=self.site))
        return self.pulls[-1]

    def _routed(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        for method, pattern, handle in ROUTES[self.kind]:
            found = re.fullmatch(pattern, parts.path)
            if found and method == request.method:
                query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
                body = json.loads(request.body) if request.body else {}
                number = found.groupdict().get("number")
                pull = next((each for each in self.pulls if each.number == int(number)), None) if number else None
                if number and pull is None:
                    return json_answer({"message": "Not Found"}, 404)
                return handle(self, Asked(query, body, pull))
        return json_answer({"message": "Not Found"}, 404)

    def slice(self, page: int) -> tuple[list[Pull], bool]:
        opened = [pull for pull in self.pulls if pull.is_open]
        start = (page - 1) * self.page
        return opened[start : start + self.page], start + self.page < len(opened)

    def opened(self, branch: str, base: str, title: str, body: str) -> Pull:
        pull = self.add(branch, title=title, body=body)
        pull.base = base
        return pull


@dataclass(frozen=True, slots=True)
class Asked:
    query: Mapping[str, str]
    body: Mapping[str, Any]
    _pull: Pull | None

    @property
    def pull(self) -> Pull:
        assert self._pull is not None
        return self._pull


PROOFS = {
    "github": ("authorization", f"Bearer {TOKEN}"),
    "gitlab": ("private-token", TOKEN),
    "gitea": ("authorization", f"token {TOKEN}"),
    "bitbucket": ("authorization", f"Bearer {TOKEN}"),
    "azure": ("authorization", "Basic OmZvcmdlIHRva2Vu"),
}
Route = tuple[str, str, Callable[[ForgeServer, Asked], Answer]]


def _repository(pull: Pull) -> dict[str, Any] | None:
    if pull.is_gone:
        return None
    return {"full_name": "stranger/deploy" if pull.is_fork else "Acme/deploy"}


def _of_github(pull: Pull) -> dict[str, Any]:
    return {
        "number": pull.number,
        "node_id": f"PR_{pull.number}",
        "html_url": f"{pull.site}/acme/deploy/pull/{pull.number}",
        "state": "open" if pull.is_open else "closed",
        "title": pull.title,
        "body": pull.body or None,
        "head": {"ref": pull.branch, "repo": _repository(pull), "sha": pull.commit},
        "base": {"ref": pull.base},
        "merged_at": "2026-11-21T12:00:00Z" if pull.is_merged else None,
    }


def _closed(server: ForgeServer, branch: str | None, *, merged: bool) -> list[Pull]:
    return [
        pull
        for pull in server.pulls
        if not pull.is_open and branch in (None, pull.branch) and (merged or not pull.is_merged)
    ]


def _github_list(server: ForgeServer, asked: Asked) -> Answer:
    if asked.query["state"] == "closed":
        branch = asked.query["head"].removeprefix("acme:")
        return json_answer([_of_github(pull) for pull in _closed(server, branch, merged=True)])
    assert asked.query["state"] == "open"
    page = int(asked.query["page"])
    pulls, more = server.slice(page)
    link = f'<https://elsewhere.example.org/x?state=open&page={page + 1}>; rel="next"' if more else ""
    return json_answer([_of_github(pull) for pull in pulls], Link=link)


def _created(shape: Callable[[Pull], Any]) -> Callable[[ForgeServer, Asked], Answer]:
    def handle(server: ForgeServer, asked: Asked) -> Answer:
        body = asked.body
        return json_answer(shape(server.opened(body["head"], body["base"], body["title"], body["body"])), 201)

    return handle


def _changed(shape: Callable[[Pull], Any], text: str = "body") -> Callable[[ForgeServer, Asked], Answer]:
    def handle(_: ForgeServer, asked: Asked) -> Answer:
        pull, body = asked.pull, asked.body
        pull.title, pull.body = body.get("title", pull.title), body.get(text, pull.body)
        closed = (body.get("state"), body.get("state_event"), body.get("status"))
        pull.is_open = pull.is_open and closed not in {
            ("closed", None, None),
            (None, "close", None),
            (None, None, "abandoned"),
        }
        pull.merges_itself = pull.merges_itself or body.get("autoCompleteSetBy") == {"id": "bot"}
        return json_answer(shape(pull))

    return handle


def _commented(read: Callable[[Mapping[str, Any]], str]) -> Callable[[ForgeServer, Asked], Answer]:
    def handle(_: ForgeServer, asked: Asked) -> Answer:
        asked.pull.comments.append(read(asked.body))
        return json_answer({"id": 1}, 201)

    return handle


def _github_graphql(server: ForgeServer, asked: Asked) -> Answer:
    assert "enablePullRequestAutoMerge" in asked.body["query"]
    found = [pull for pull in server.pulls if f"PR_{pull.number}" == asked.body["variables"]["id"]]
    if not found:
        return json_answer({"errors": [{"message": "Could not resolve to a node"}]})
    found[0].merges_itself = True
    return json_answer({"data": {"enablePullRequestAutoMerge": {"clientMutationId": None}}})


def _of_gitea(pull: Pull) -> dict[str, Any]:
    return {key: value for key, value in _of_github(pull).items() if key != "node_id"}


def _gitea_list(server: ForgeServer, asked: Asked) -> Answer:
    if asked.query["state"] == "closed":
        return json_answer([_of_gitea(pull) for pull in _closed(server, None, merged=True)])
    assert asked.query["state"] == "open"
    return json_answer([_of_gitea(pull) for pull in server.slice(int(asked.query["page"]))[0]])


def _merging(key: str) -> Callable[[ForgeServer, Asked], Answer]:
    def handle(_: ForgeServer, asked: Asked) -> Answer:
        if asked.pull.merges_itself and key == "merge_when_checks_succeed":
            return json_answer({"message": "already scheduled to auto merge"}, 409)
        asked.pull.merges_itself = asked.body[key]
        return Answer(200, b"")

    return handle


def _of_gitlab(pull: Pull) -> dict[str, Any]:
    return {
        "id": 1000 + pull.number,
        "iid": pull.number,
        "web_url": f"{pull.site}/acme/deploy/-/merge_requests/{pull.number}",
        "state": "opened" if pull.is_open else "closed",
        "title": pull.title,
        "description": pull.body,
        "source_branch": pull.branch,
        "target_branch": pull.base,
        "sha": pull.commit,
        "source_project_id": None if pull.is_gone else 8 if pull.is_fork else 7,
        "target_project_id": 7,
    }


def _gitlab_list(server: ForgeServer, asked: Asked) -> Answer:
    if asked.query["state"] == "closed":
        return json_answer([_of_gitlab(pull) for pull in _closed(server, asked.query["source_branch"], merged=False)])
    assert asked.query["state"] == "opened"
    page = int(asked.query["page"])
    pulls, more = server.slice(page)
    return json_answer([_of_gitlab(pull) for pull in pulls], X_Next_Page=str(page + 1) if more else "")


def _gitlab_create(server: ForgeServer, asked: Asked) -> Answer:
    body = asked.body
    pull = server.opened(body["source_branch"], body["target_branch"], body["title"], body["description"])
    return json_answer(_of_gitlab(pull), 201)


def _of_bitbucket(pull: Pull) -> dict[str, Any]:
    return {
        "id": pull.number,
        "links": {"html": {"href": f"{pull.site}/acme/deploy/pull-requests/{pull.number}"}},
        "state": "OPEN" if pull.is_open else "DECLINED",
        "title": pull.title,
        "description": pull.body,
        "source": {
            "branch": {"name": pull.branch},
            "repository": _repository(pull),
            "commit": None if pull.is_gone else {"hash": pull.commit[:12]},
        },
        "destination": {"branch": {"name": pull.base}},
    }


def _bitbucket_list(server: ForgeServer, asked: Asked) -> Answer:
    if "q" in asked.query:
        found = re.fullmatch(r'source\.branch\.name="([^"]+)" AND state="DECLINED"', asked.query["q"])
        assert found is not None
        return json_answer({"values": [_of_bitbucket(pull) for pull in _closed(server, found[1], merged=False)]})
    assert asked.query["state"] == "OPEN"
    pulls, more = server.slice(int(asked.query["page"]))
    following = {"next": "https://elsewhere.example.org/2.0/x"} if more else {}
    return json_answer({"values": [_of_bitbucket(pull) for pull in pulls], **following})


def _bitbucket_create(server: ForgeServer, asked: Asked) -> Answer:
    body = asked.body
    branches = (body["source"]["branch"]["name"], body["destination"]["branch"]["name"])
    return json_answer(_of_bitbucket(server.opened(*branches, body["title"], body["description"])), 201)


def _bitbucket_decline(_: ForgeServer, asked: Asked) -> Answer:
    asked.pull.is_open = False
    return json_answer(_of_bitbucket(asked.pull))


def _of_azure(pull: Pull) -> dict[str, Any]:
    fork = {"forkSource": {"name": "refs/heads/x"}} if pull.is_fork else {}
    return {
        "pullRequestId": pull.number,
        "status": "active" if pull.is_open else "abandoned",
        "createdBy": {"id": "bot", "displayName": "Bot"},
        "title": pull.title,
        "description": pull.body,
        "sourceRefName": f"refs/heads/{pull.branch}",
        "targetRefName": f"refs/heads/{pull.base}",
        "lastMergeSourceCommit": {"commitId": pull.commit},
        **fork,
    }


def _azure_list(server: ForgeServer, asked: Asked) -> Answer:
    if asked.query["searchCriteria.status"] == "abandoned":
        branch = asked.query["searchCriteria.sourceRefName"].removeprefix("refs/heads/")
        return json_answer({"value": [_of_azure(pull) for pull in _closed(server, branch, merged=False)]})
    assert asked.query["searchCriteria.status"] == "active"
    opened = [pull for pull in server.pulls if pull.is_open]
    skipped = int(asked.query["$skip"])
    found = [_of_azure(pull) for pull in opened[skipped : skipped + server.page]]
    # "Please note that description field will be truncated up to 400 symbols in the result."
    return json_answer({"value": [{**each, "description": each["description"][:400]} for each in found]})


def _azure_create(server: ForgeServer, asked: Asked) -> Answer:
    body = asked.body
    branches = [body[key].removeprefix("refs/heads/") for key in ("sourceRefName", "targetRefName")]
    if len(body["description"]) > 4000:
        return json_answer({"message": "The description is too long"}, 400)
    return json_answer(_of_azure(server.opened(branches[0], branches[1], body["title"], body["description"])), 201)


_GITHUB = "/repos/acme/deploy"
_GITLAB = "/projects/acme%2Fdeploy/merge_requests"
_BITBUCKET = "/repositories/acme/deploy/pullrequests"
_AZURE = "/acme/shop/_apis/git/repositories/deploy/pullrequests"
_N = "/(?P<number>[0-9]+)"
ROUTES: dict[str, list[Route]] = {
    "github": [
        ("GET", f"{_GITHUB}/pulls", _github_list),
        ("POST", f"{_GITHUB}/pulls", _created(_of_github)),
        ("PATCH", f"{_GITHUB}/pulls{_N}", _changed(_of_github)),
        ("POST", f"{_GITHUB}/issues{_N}/comments", _commented(lambda body: str(body["body"]))),
        ("POST", "/graphql", _github_graphql),
    ],
    "gitea": [
        ("GET", f"{_GITHUB}/pulls", _gitea_list),
        ("POST", f"{_GITHUB}/pulls", _created(_of_gitea)),
        ("PATCH", f"{_GITHUB}/pulls{_N}", _changed(_of_gitea)),
        ("POST", f"{_GITHUB}/issues{_N}/comments", _commented(lambda body: str(body["body"]))),
        ("POST", f"{_GITHUB}/pulls{_N}/merge", _merging("merge_when_checks_succeed")),
    ],
    "gitlab": [
        ("GET", _GITLAB, _gitlab_list),
        ("POST", _GITLAB, _gitlab_create),
        ("PUT", f"{_GITLAB}{_N}", _changed(_of_gitlab, "description")),
        ("POST", f"{_GITLAB}{_N}/notes", _commented(lambda body: str(body["body"]))),
        ("PUT", f"{_GITLAB}{_N}/merge", _merging("merge_when_pipeline_succeeds")),
    ],
    "bitbucket": [
        ("GET", _BITBUCKET, _bitbucket_list),
        ("POST", _BITBUCKET, _bitbucket_create),
        ("PUT", f"{_BITBUCKET}{_N}", _changed(_of_bitbucket, "description")),
        ("POST", f"{_BITBUCKET}{_N}/comments", _commented(lambda body: str(body["content"]["raw"]))),
        ("POST", f"{_BITBUCKET}{_N}/decline", _bitbucket_decline),
    ],
    "azure": [
        ("GET", _AZURE, _azure_list),
        ("POST", _AZURE, _azure_create),
        ("PATCH", f"{_AZURE}{_N}", _changed(_of_azure, "description")),
        ("POST", f"{_AZURE}{_N}/threads", _commented(lambda body: str(body["comments"][0]["content"]))),
    ],
}
