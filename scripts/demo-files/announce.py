"""Tells a receiver of `fairlead webhooks` that an image was pushed, signed as a pipeline would: ADDRESS IMAGE.

The secret is in CI_SECRET.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys

from fairlead.doors.dial import Dialer
from fairlead.settings import Settings


async def main(address: str, image: str) -> None:
    """Deliver, and say what is answered."""
    body = json.dumps({"image": image}).encode()
    secret = Settings.from_environment().environ["CI_SECRET"]
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Fairlead-Signature": f"sha256={signature}"}
    dialer = Dialer()
    try:
        response = await dialer.request("POST", address, headers=headers, body=body)
    finally:
        await dialer.close()
    print(response.status, response.body.decode())


asyncio.run(main(sys.argv[1], sys.argv[2]))
