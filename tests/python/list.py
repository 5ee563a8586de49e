"""Lists the repos of an org, and says how long that took, the start of Python apart."""

import json
import os
import time

from arraylake import Client

client = Client()
start = time.perf_counter()
repos = client.list_repos(os.environ["TEST_ORG"])
print(json.dumps({"seconds": time.perf_counter() - start, "repos": len(repos)}))
