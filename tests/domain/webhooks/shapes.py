"""One delivery of each provider, in the shape its documentation gives, and what it announces."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from fairlead.domain.images import ImageName
from fairlead.domain.webhooks.deliveries import Announcement, BranchPushed, ImagePushed

DIGEST = "sha256:" + "4f" * 32
COMMIT = "82b3d5ae55f7080f1e6022629cdb57bfae7cccc7"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECONDS = int(NOON.timestamp())
TEXT = "2026-11-21T12:00:00Z"


def in_base64(value: Any) -> str:
    return b64encode(json.dumps(value).encode()).decode()


def event(host: str) -> dict[str, Any]:
    """An event of the distribution registry, and of Azure's, which took over its form."""
    return {
        "id": "320678d8-ca14-430f-8bb6-4ca139cd83f7",
        "timestamp": TEXT,
        "action": "push",
        "target": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "size": 708,
            "digest": DIGEST,
            "length": 708,
            "repository": "shop/web",
            "tag": "1.4.2",
        },
        "request": {"id": "9c1a", "host": host, "method": "PUT", "useragent": "docker"},
    }


def forge(key: str, name: str, **addresses: str) -> dict[str, Any]:
    return {"ref": "refs/heads/main", "before": "0" * 40, "after": COMMIT, key: {name: "acme/shop", **addresses}}


_FORGE = {
    "clone_url": "https://git.example.org/acme/shop.git",
    "ssh_url": "git@git.example.org:acme/shop.git",
    "html_url": "https://git.example.org/acme/shop",
}
_PUSHED = BranchPushed("acme/shop", "main", COMMIT, tuple(_FORGE.values()))
_PACKAGE = {
    "name": "web",
    "namespace": "Acme",
    "package_type": "CONTAINER",
    "package_version": {
        "version": DIGEST,
        "created_at": TEXT,
        "package_url": "ghcr.io/acme/web:1.4.2",
        "container_metadata": {"tag": {"name": "1.4.2", "digest": DIGEST}},
    },
}


def image(registry: str, repository: str, digest: str | None = None, time: datetime | None = NOON) -> ImagePushed:
    return ImagePushed(ImageName(registry, repository), "1.4.2", digest, time)


# provider -> headers, body, what it announces
SHAPES: dict[str, tuple[dict[str, str], Any, tuple[Announcement, ...]]] = {
    "dockerHub": (
        {},
        {
            "callback_url": "https://registry.hub.docker.com/u/acme/web/hook/2141/",
            "push_data": {"pushed_at": SECONDS, "pusher": "trustedbuilder", "tag": "1.4.2"},
            "repository": {"name": "web", "namespace": "acme", "owner": "acme", "repo_name": "acme/web"},
        },
        (image("docker.io", "acme/web"),),
    ),
    "githubPackages": (
        {"x-github-event": "package"},
        {"action": "published", "package": _PACKAGE, "repository": {"full_name": "Acme/web"}},
        (image("ghcr.io", "acme/web", DIGEST),),
    ),
    "harbor": (
        {},
        {
            "type": "PUSH_ARTIFACT",
            "occur_at": SECONDS,
            "operator": "admin",
            "event_data": {
                "resources": [
                    {"digest": DIGEST, "tag": "1.4.2", "resource_url": "hub.example.org/shop/web:1.4.2"},
                    {"digest": DIGEST, "tag": DIGEST, "resource_url": f"hub.example.org/shop/web@{DIGEST}"},
                ],
                "repository": {"name": "web", "namespace": "shop", "repo_full_name": "shop/web"},
            },
        },
        (image("hub.example.org", "shop/web", DIGEST),),
    ),
    "quay": (
        {},
        {
            "repository": "acme/web",
            "namespace": "acme",
            "name": "web",
            "docker_url": "quay.io/acme/web",
            "homepage": "https://quay.io/repository/acme/web",
            "updated_tags": ["1.4.2"],
        },
        (image("quay.io", "acme/web", time=None),),
    ),
    "ecr": (
        {},
        {
            "version": "0",
            "id": "13cde686-328b-6117-af20-0e5566167482",
            "detail-type": "ECR Image Action",
            "source": "aws.ecr",
            "account": "123456789012",
            "time": TEXT,
            "region": "eu-central-1",
            "detail": {
                "result": "SUCCESS",
                "repository-name": "shop/web",
                "image-digest": DIGEST,
                "action-type": "PUSH",
                "image-tag": "1.4.2",
            },
        },
        (image("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "shop/web", DIGEST),),
    ),
    "google": (
        {},
        {
            "message": {
                "data": in_base64(
                    {
                        "action": "INSERT",
                        "digest": f"europe-docker.pkg.dev/acme/shop/web@{DIGEST}",
                        "tag": "europe-docker.pkg.dev/acme/shop/web:1.4.2",
                    }
                ),
                "messageId": "136969346945",
                "publishTime": TEXT,
            },
            "subscription": "projects/acme/subscriptions/fairlead",
        },
        (image("europe-docker.pkg.dev", "acme/shop/web", DIGEST),),
    ),
    "azure": ({}, event("acme.azurecr.io"), (image("acme.azurecr.io", "shop/web", DIGEST),)),
    "distribution": (
        {},
        {"events": [event("registry.example.org:5000"), {**event("x"), "action": "pull"}]},
        (image("registry.example.org:5000", "shop/web", DIGEST),),
    ),
    "generic": (
        {},
        {"image": f"registry.example.org/shop/web:1.4.2@{DIGEST}", "time": TEXT},
        (image("registry.example.org", "shop/web", DIGEST),),
    ),
    "github": ({"x-github-event": "push"}, forge("repository", "full_name", **_FORGE), (_PUSHED,)),
    "gitea": ({"x-gitea-event": "push"}, forge("repository", "full_name", **_FORGE), (_PUSHED,)),
    "gitlab": (
        {"x-gitlab-event": "Push Hook"},
        {
            "object_kind": "push",
            **forge(
                "project",
                "path_with_namespace",
                git_http_url=_FORGE["clone_url"],
                git_ssh_url=_FORGE["ssh_url"],
                web_url=_FORGE["html_url"],
            ),
        },
        (_PUSHED,),
    ),
    "bitbucket": (
        {"x-event-key": "repo:push"},
        {
            "repository": {"full_name": "acme/shop", "links": {"html": {"href": _FORGE["html_url"]}}},
            "push": {
                "changes": [
                    {"new": {"type": "branch", "name": "main", "target": {"hash": COMMIT}}, "old": None},
                    {"new": {"type": "tag", "name": "v1", "target": {"hash": COMMIT}}},
                    {"new": None, "old": {"type": "branch", "name": "gone"}},
                ]
            },
        },
        (BranchPushed("acme/shop", "main", COMMIT, (_FORGE["html_url"],)),),
    ),
}

# Harbor's other form of the same, as CloudEvents 1.0 has it.
HARBOR_CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "4b2f89a6-548d-4c12-9993-a1f5790b97d2",
    "source": "/projects/1/webhook/policies/3",
    "type": "harbor.artifact.pushed",
    "datacontenttype": "application/json",
    "time": TEXT,
    "data": SHAPES["harbor"][1]["event_data"],
    "operator": "admin",
}
