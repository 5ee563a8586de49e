"""Says what the arrays of `/kinds` hold, in a V1 repo or in an Icechunk repo that was made of it."""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

from arraylake import Client

repo = Client().get_repo(f"{os.environ['TEST_ORG']}/{sys.argv[1]}")
if hasattr(repo, "readonly_session"):
    import zarr

    group = zarr.open_group(repo.readonly_session("main").store, path="kinds", mode="r")
else:
    repo.checkout("main", for_writing=False)
    group = repo.root_group["kinds"]
seen = {}
for name in sorted(group):
    try:
        # As text: JSON knows neither bytes nor complex numbers, nor what is not a number.
        seen[name] = str(group[name][...].tolist())
    except Exception as error:
        seen[name] = f"{type(error).__name__}: {error}"
print(json.dumps(seen))
