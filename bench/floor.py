"""The floor of `bench/peers.py`: the same objects by bare aiohttp, 20 at once, and nothing decided.

python bench/floor.py apply|list OBJECTS.json KUBECONFIG CONTEXT NAMESPACE
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp  # noqa: TID251 - the floor is the library without our door

PLURALS = {
    "ServiceAccount": "api/v1/namespaces/{}/serviceaccounts",
    "Service": "api/v1/namespaces/{}/services",
    "Deployment": "apis/apps/v1/namespaces/{}/deployments",
    "Ingress": "apis/networking.k8s.io/v1/namespaces/{}/ingresses",
}


def connect(kubeconfig: dict[str, Any], context: str) -> tuple[str, ssl.SSLContext]:
    """Return the server of a context and how to trust it."""
    chosen = next(item["context"] for item in kubeconfig["contexts"] if item["name"] == context)
    cluster = next(item["cluster"] for item in kubeconfig["clusters"] if item["name"] == chosen["cluster"])
    user = next(item["user"] for item in kubeconfig["users"] if item["name"] == chosen["user"])
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    with tempfile.NamedTemporaryFile() as pem:
        data = (user["client-certificate-data"], user["client-key-data"])
        Path(pem.name).write_bytes(b"\n".join(base64.b64decode(part) for part in data))
        tls.load_cert_chain(pem.name)
    return cluster["server"], tls


async def main(verb: str, objects: list[Any], server: str, tls: ssl.SSLContext, namespace: str) -> None:
    """Apply every object, or list every kind."""
    headers = {"Content-Type": "application/apply-patch+yaml"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=20)) as session:

        async def apply(obj: dict[str, Any]) -> None:
            url = f"{server}/{PLURALS[obj['kind']].format(namespace)}/{obj['metadata']['name']}"
            query = {"fieldManager": "floor", "force": "true"}
            async with session.patch(url, params=query, data=json.dumps(obj), headers=headers) as reply:
                reply.raise_for_status()
                await reply.read()

        async def everything(kind: str) -> None:
            async with session.get(f"{server}/{PLURALS[kind].format(namespace)}") as reply:
                json.loads(await reply.read())

        if verb == "apply":
            await asyncio.gather(*map(apply, objects))
        else:
            await asyncio.gather(*map(everything, PLURALS))


if __name__ == "__main__":
    job, file, config, chosen, place = sys.argv[1:]
    endpoint, trust = connect(json.loads(Path(config).read_text()), chosen)
    asyncio.run(main(job, json.loads(Path(file).read_bytes()), endpoint, trust, place))
