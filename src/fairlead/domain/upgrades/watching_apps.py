"""Which image a trigger of an app is about: that of a container of its descriptor, where the `app` block names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.upgrades.triggers import REPOSITORY, TAG, ImageTrigger
from fairlead.domain.upgrades.watching import Unwatched, Watched, watched_image
from fairlead.domain.values import Layer, Origin, Tree, tree_of_value


def tree_of_app(descriptor: Descriptor, file: str) -> Tree:
    """Return what an `app` block of a file says as a tree."""
    return tree_of_value(descriptor_json(descriptor), Origin(Layer.APP, file, None))


def watched_in_app(trigger: ImageTrigger, descriptor: Descriptor, file: str) -> Watched | Unwatched:
    """Return the image of a trigger of an app: of the container that its paths lead to, or of the only one there is."""
    if not descriptor.is_automatic:
        reason = "its newVersion names one version, which it would not be with another image; write newVersion: '#'"
        return Unwatched("versionFixed", reason)
    if (trigger.repo_value, trigger.tag_value) == (REPOSITORY, TAG):
        found = list(_images(descriptor))
        if len(found) != 1:
            places = ", ".join(f"{path} ({name})" for path, name in found)
            return Unwatched("containerUnclear", f"it has several containers: let tagValue name one of {places}")
        trigger = replace(trigger, tag_value=found[0][0])
    return watched_image(trigger, tree_of_app(descriptor, file))


def _images(descriptor: Descriptor) -> Iterator[tuple[str, str]]:
    """Yield the path of the image of each container, and the container's name."""
    pods = [("podspec", descriptor.main.pod_spec)]
    pods += [(f"components[{at}].podspec", one.pod_spec) for at, one in enumerate(descriptor.components)]
    for path, pod in pods:
        for number, container in enumerate(pod["containers"]):
            yield f"{path}.containers[{number}].image", str(container.get("name"))
