"""What registries send when an image was pushed, one function for each.

Each takes the decoded body and returns what it announces; a body that tells of something else announces nothing.
The shapes are those of the registries' own documentation, named at each function.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from json import JSONDecodeError, loads

from fairlead.domain.errors import InputError
from fairlead.domain.images import ImageName, ImageReference, parse_image
from fairlead.domain.webhooks.deliveries import ImagePushed
from fairlead.domain.webhooks.payload import Payload, refusal

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")

Headers = Mapping[str, str]


def docker_hub(payload: Payload, headers: Headers) -> Iterator[ImagePushed]:
    """Docker Hub, "Webhooks": `push_data` and `repository`."""
    del headers
    name = _named("docker.io", payload.at("repository", "repo_name"))
    pushed = payload.at("push_data")
    yield ImagePushed(name, pushed.at("tag").tag(), time=pushed.at("pushed_at").seconds())


def github_packages(payload: Payload, headers: Headers) -> Iterator[ImagePushed]:
    """GitHub, "Webhook events and payloads": `package` and the older `registry_package`, for containers."""
    event = headers.get("x-github-event", "")
    if event not in {"package", "registry_package"}:
        return
    package = payload.at(event)
    is_container = any(package.at("package_type").says(each) for each in ("CONTAINER", "container"))
    if not is_container or not payload.at("action").says("published"):
        return
    version = package.at("package_version")
    tag = version.at("container_metadata", "tag")
    if not tag.at("name").is_given():
        return  # a version without a tag: an architecture of an image, or a signature
    owner, name = package.at("namespace").text(), package.at("name").text()
    image = _named("ghcr.io", Payload(f"{owner}/{name}".lower(), package.path))
    yield ImagePushed(image, tag.at("name").tag(), tag.at("digest").digest(), version.at("created_at").time())


def harbor(payload: Payload, headers: Headers) -> Iterator[ImagePushed]:
    """Harbor, "Configure webhook notifications": `PUSH_ARTIFACT`, or a CloudEvent of type `harbor.artifact.pushed`."""
    del headers
    if payload.at("type").says("harbor.artifact.pushed"):
        time, resources = payload.at("time").time(), payload.at("data", "resources")
    elif payload.at("type").says("PUSH_ARTIFACT"):
        time, resources = payload.at("occur_at").seconds(), payload.at("event_data", "resources")
    else:
        return
    for resource in resources.items():
        address = resource.at("resource_url")
        tag, digest = resource.at("tag"), resource.at("digest")
        if not tag.is_given() or (isinstance(tag.value, str) and digest.says(tag.value)):
            continue  # pushed by digest alone
        yield ImagePushed(_image(address).name, tag.tag(), digest.digest(), time)


def quay(payload: Payload, headers: Headers) -> Iterator[ImagePushed]:
    """Quay, "Repository notifications": `docker_url` and `updated_tags`."""
    del headers
    if not payload.at("updated_tags").is_given():
        return
    image = _image(payload.at("docker_url")).name
    for tag in payload.at("updated_tags").items():
        yield ImagePushed(image, tag.tag())


def ecr(payload: Payload, headers: Headers) -> Iterator[ImagePushed]:
    """Amazon ECR by EventBridge, "Sample events": `ECR Image Action` with `detail`."""
    del headers
    detail = payload.at("detail")
    pushed = detail.at("action-type").says("PUSH") and detail.at("result").says("SUCCESS")
    if not payload.at("detail-type").says("ECR Image Action") or not pushed or not detail.at("image-tag").is_given():
        return
    account = payload.at("account").text(_ACCOUNT, "an account number")
    region = payload.at("region").text(_REGION, "a region")
    suffix = ".cn" if region.startswith("cn-") else ""
    image = _named(f"{account}.dkr.ecr.{region}.amazonaws.com{suffix}", detail.at("repository-name"))
    digest = detail.at("image-digest").digest()
    yield ImagePushed(image, detail.at("image-tag").tag(), digest, payload.at("time").time())


def google(payload: Payload, headers: Headers) -> Iterator[ImagePushed]:
    """Google Artifact Registry by Pub/Sub push, "Configure notifications": `action`, `tag`, `digest` in base64."""
    del headers
    message = payload.at("message")
    try:
        text = b64decode(str(message.at("data").value), validate=True)
        inner = Payload(loads(text), "payload.message.data")
    except (NotBase64, JSONDecodeError, UnicodeDecodeError, ValueError, RecursionError):
        raise refusal("payload.message.data: found no JSON in base64") from None
    if not inner.at("action").says("INSERT") or not inner.at("tag").is_given():
        return
    tagged = _image(inner.at("tag"))
    pinned = _image(inner.at("digest")).digest if inner.at("digest").is_given() else None
    if tagged.tag is None:
        raise refusal(f"{inner.path}.tag: found an image without a tag")
    yield ImagePushed(tagged.name, tagged.tag, pinned, message.at("publishTime").time())


def azure(payload: Payload, headers: Headers) -> Iterator[ImagePushed]:
    """Azure Container Registry, "Webhook reference": one push event; a test sends `ping`."""
    del headers
    if payload.at("action").says("push") and payload.at("target", "tag").is_given():
        yield _pushed(payload)


def distribution(payload: Payload, headers: Headers) -> Iterator[ImagePushed]:
    """The distribution registry, "Notifications": an envelope of `events`."""
    del headers
    for event in payload.at("events").items():
        if event.at("action").says("push") and event.at("target", "tag").is_given():
            yield _pushed(event)


def generic(payload: Payload, headers: Headers) -> Iterator[ImagePushed]:
    """Our own form, for anything else: `{"image": "HOST/NAME:TAG[@DIGEST]", "time": "..."}`."""
    del headers
    image = _image(payload.at("image"))
    if image.tag is None:
        raise refusal("payload.image: found an image without a tag")
    yield ImagePushed(image.name, image.tag, image.digest, payload.at("time").time())


def _pushed(event: Payload) -> ImagePushed:
    """Return what an event of the distribution registry, or of one that took over its form, announces."""
    target = event.at("target")
    image = _named(event.at("request", "host").text(), target.at("repository"))
    return ImagePushed(image, target.at("tag").tag(), target.at("digest").digest(), event.at("timestamp").time())


def _named(host: str, repository: Payload) -> ImageName:
    name = repository.text()
    found = _image(Payload(f"{host}/{name}", repository.path))
    if found.tag is not None or found.digest is not None:
        raise refusal(f"{repository.path}: found a tag or digest in the name of a repository")
    return found.name


def _image(payload: Payload) -> ImageReference:
    text = payload.text()
    try:
        return parse_image(text)
    except InputError:
        raise refusal(f"{payload.path}: found {ascii(text)[:100]}, expected the name of an image") from None
