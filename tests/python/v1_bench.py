"""Writes or reads many chunks of a V1 repo through the Python client, and says how long that took, start-up apart."""

import json
import os
import sys
import time
import warnings

warnings.simplefilter("ignore")

from arraylake import Client, config

name, what, count, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
config.set({"chunkstore.inline_threshold_bytes": 0})
repo = Client().get_repo(f"{os.environ['TEST_ORG']}/{name}")
paths = [f"data/root/python/c{number}" for number in range(count)]


def chunk(number):
    head = number.to_bytes(8, "little")
    return (head * (size // 8 + 1))[:size]


if what == "write":
    chunks = {path: chunk(number) for number, path in enumerate(paths)}
    start = time.perf_counter()
    repo._set_chunks(chunks)
    seconds = time.perf_counter() - start
    repo.commit("from Python")
else:
    start = time.perf_counter()
    chunks = repo._get_chunks(paths)
    seconds = time.perf_counter() - start
    assert len(chunks) == count and all(chunks[path] == chunk(number) for number, path in enumerate(paths))
print(json.dumps({"seconds": seconds}))
