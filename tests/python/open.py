"""Opens a repo and reads one chunk, and says how long that took; for the benchmark `open`."""

import json
import sys
import time

import zarr
from arraylake import Client

client = Client()
start = time.perf_counter()
repo = client.get_repo(sys.argv[1])
session = repo.readonly_session("main")
array = zarr.open_array(session.store, path="large", mode="r")
chunk = array[2000:]
seconds = time.perf_counter() - start
assert (chunk == 1.5).all()
print(json.dumps({"seconds": seconds}))
