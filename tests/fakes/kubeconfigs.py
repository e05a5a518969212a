"""Kubeconfig files for tests, written as JSON, which is YAML too."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any


def entries(
    name: str, *, server: str = "", user: str = "", ca: bytes = b"authority"
) -> dict[str, list[dict[str, Any]]]:
    """Return a cluster entry and a user entry, the latter under `user` or the same name."""
    cluster = {
        "server": server or f"https://{name}.test",
        "certificate-authority-data": base64.b64encode(ca).decode(),
    }
    return {
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": user or name, "user": {"token": f"token-of-{name}"}}],
    }


def contexts(**targets: str) -> dict[str, list[dict[str, Any]]]:
    """Return contexts that lead to the cluster and user entries of one name."""
    made = [{"name": name, "context": {"cluster": to, "user": to}} for name, to in targets.items()]
    return {"contexts": made}


def write(file: Path, *parts: dict[str, Any], current: str = "") -> Path:
    """Write a kubeconfig of several parts; sections of one name are joined."""
    content: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "current-context": current}
    for part in parts:
        for section, items in part.items():
            content[section] = content.get(section, []) + items
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file
