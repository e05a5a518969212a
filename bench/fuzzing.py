"""Strange deliveries for every parser of webhooks, in numbers for which a test has no time (case S66).

    .venv/bin/python -m bench.fuzzing [--cases 1000000] [--seed 1]

Each is a sound body of some provider in which one to three places hold something else. It has to be refused as such a
body, or to announce what is sound; anything else ends the run, and the seed and number of the case are printed.
"""

from __future__ import annotations

import argparse
import random
import time
from typing import Any, Final

from fairlead.domain.errors import InputError
from tests.domain.webhooks.announcing import announced, assert_sound, places, replaced
from tests.domain.webhooks.shapes import DIGEST, HARBOR_CLOUD_EVENT, SHAPES

_NOTHING: Final[list[Any]] = [None, True, False, "", [], {}, [[[]]], {"a": {"b": 1}}]
_NUMBERS: Final[list[Any]] = [0, -1, 1e308, float("inf"), float("nan"), 10**30, "0000", "253402300800"]
_WORDS: Final[list[Any]] = ["push", "PUSH", "INSERT", "published", "container", "branch", "refs/heads/x", DIGEST]
_ODD: Final[list[Any]] = [
    "x" * 1025,
    "\x00",
    "\u202e",
    "a\nb",
    "\U0001d518",
    ".*",
    "(a+)+$",
    "../..",
    "-x",
    "@",
    "a:b:c",
]
_MOMENTS: Final[list[Any]] = ["sha256:", "=?", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
VALUES: Final = [*_NOTHING, *_NUMBERS, *_WORDS, *_ODD, *_MOMENTS]


def fuzz(cases: int, seed: int) -> int:
    """Try so many bodies and return how many were refused."""
    bodies = [*((name, shape[1]) for name, shape in sorted(SHAPES.items())), ("harbor", HARBOR_CLOUD_EVENT)]
    refused = 0
    for number in range(cases):
        chance = random.Random(seed * cases + number)
        provider, body = chance.choice(bodies)
        for _ in range(chance.randint(1, 3)):
            if there := list(places(body)):
                body = replaced(body, chance.choice(there), chance.choice(VALUES))
        try:
            for each in announced(provider, body):
                assert_sound(each)
        except InputError as error:
            refused += 1
            if error.code != "payloadInvalid":
                raise
        except BaseException:
            print(f"case {number} of seed {seed}: {provider} {body!r}")
            raise
    return refused


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.perf_counter()
    refused = fuzz(arguments.cases, arguments.seed)
    print(f"{arguments.cases} bodies, {refused} refused, the others sound: {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
