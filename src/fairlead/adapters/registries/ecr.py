"""Asks Amazon for a login to ECR with boto3, in a process of its own. The only argument is the region.

boto3 finds credentials in a dozen places (profiles, roles of instances and of service accounts, single sign-on), waits
while it does, and reads the process's environment and no other. As a program it is given ours, can be stopped, and
holds up nothing. It prints the password and nothing else; whatever goes wrong ends it with exit code 1 and no word.
"""

from __future__ import annotations

import sys
from base64 import b64decode
from importlib import import_module

_ANSWER = "authorizationData"


def password(region: str) -> str:
    """Return the password that goes with the user name `AWS` for some hours."""
    client = import_module("boto3").client("ecr", region_name=region)
    token: str = client.get_authorization_token()[_ANSWER][0]["authorizationToken"]
    return b64decode(token).decode().partition(":")[2]


def main() -> int:
    """Print the password for the region on the command line."""
    try:
        print(password(sys.argv[1]))  # noqa: T201 - the answer of a program
    except Exception:  # noqa: BLE001 - botocore's errors have no common kind; all of them mean that there is no login
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
