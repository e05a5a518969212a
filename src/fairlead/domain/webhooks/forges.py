"""What forges send when somebody pushed to a repository, one function for each.

The shapes are those of the forges' own documentation of webhooks. A tag that was pushed, a deleted branch, a test
delivery: all these announce nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead.domain.webhooks.deliveries import BranchPushed
from fairlead.domain.webhooks.payload import COMMIT, Payload
from fairlead.domain.webhooks.registries import Headers

_HEADS = "refs/heads/"
_NAME = re.compile(r"[^\s/]+(/[^\s/]+)+")


def github(payload: Payload, headers: Headers) -> Iterator[BranchPushed]:
    """GitHub's event `push`."""
    if headers.get("x-github-event") == "push":
        yield from _pushed(payload, "repository", "full_name", ("clone_url", "ssh_url", "html_url"))


def gitea(payload: Payload, headers: Headers) -> Iterator[BranchPushed]:
    """The event `push` of Gitea and Forgejo."""
    if "push" in (headers.get("x-gitea-event"), headers.get("x-forgejo-event")):
        yield from _pushed(payload, "repository", "full_name", ("clone_url", "ssh_url", "html_url"))


def gitlab(payload: Payload, headers: Headers) -> Iterator[BranchPushed]:
    """GitLab's "Push events"."""
    del headers
    if payload.at("object_kind").says("push"):
        keys = ("git_http_url", "git_ssh_url", "web_url")
        yield from _pushed(payload, "project", "path_with_namespace", keys)


def bitbucket(payload: Payload, headers: Headers) -> Iterator[BranchPushed]:
    """The event `repo:push` of Bitbucket Cloud: several branches in one delivery."""
    if headers.get("x-event-key") != "repo:push":
        return
    repository = payload.at("repository")
    name = repository.at("full_name").text(_NAME, "OWNER/NAME")
    address = repository.at("links", "html", "href")
    addresses = (address.text(),) if address.is_given() else ()
    for change in payload.at("push", "changes").items():
        new = change.at("new")
        if new.at("type").says("branch"):
            commit = new.at("target", "hash").text(COMMIT, "a commit")
            yield BranchPushed(name, new.at("name").text(), commit, addresses)


def _pushed(payload: Payload, key: str, name: str, addresses: tuple[str, ...]) -> Iterator[BranchPushed]:
    ref = payload.at("ref").text()
    commit = payload.at("after").text(COMMIT, "a commit")
    if not ref.startswith(_HEADS) or set(commit) == {"0"}:
        return
    repository = payload.at(key)
    known = tuple(repository.at(each).text() for each in addresses if repository.at(each).is_given())
    yield BranchPushed(repository.at(name).text(_NAME, "OWNER/NAME"), ref.removeprefix(_HEADS), commit, known)
