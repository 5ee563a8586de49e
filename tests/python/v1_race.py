"""Commits to one branch of a V1 repo again and again, while others do, too: each time a chunk of its own."""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

from arraylake import Client, config

name, writer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
# Without long waits: what is asked is whether anything is lost.
config.set({"commit_start_mean_sleep_seconds": 0, "commit_sleep_increase_seconds": 0.01, "max_commit_attempts": 500})
repo = Client().get_repo(f"{os.environ['TEST_ORG']}/{name}")
made = []
for turn in range(count):
    repo._set_chunk(f"data/root/race/c{writer}/{turn}", data=f"{writer}/{turn}".encode())
    made.append(str(repo.commit(f"{writer}/{turn}")))
print(json.dumps({"made": made}))
