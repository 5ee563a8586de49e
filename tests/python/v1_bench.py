"""Writes or reads many chunks of a V1 repo through the Python client, so many in one call, and says how long the calls took."""

import json
import os
import sys
import time
import warnings

warnings.simplefilter("ignore")

from arraylake import Client, config

name, what = sys.argv[1:3]
count, size, per_call = map(int, sys.argv[3:])
config.set({"chunkstore.inline_threshold_bytes": 0})
repo = Client().get_repo(f"{os.environ['TEST_ORG']}/{name}")
paths = [f"data/root/python/c{number}" for number in range(count)]


def chunk(number):
    head = number.to_bytes(8, "little")
    return (head * (size // 8 + 1))[:size]


seconds = 0
for first in range(0, count, per_call):
    numbers = range(first, min(first + per_call, count))
    if what == "write":
        chunks = {paths[number]: chunk(number) for number in numbers}
        start = time.perf_counter()
        repo._set_chunks(chunks)
        seconds += time.perf_counter() - start
    else:
        start = time.perf_counter()
        chunks = repo._get_chunks([paths[number] for number in numbers])
        seconds += time.perf_counter() - start
        assert all(chunks[paths[number]] == chunk(number) for number in numbers)
if what == "write":
    repo.commit("from Python")
print(json.dumps({"seconds": seconds}))
