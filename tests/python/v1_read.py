"""Opens a V1 repo through the Python client, reads it with xarray, and says what it saw."""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

import zarr
from arraylake import Client

name, ref = sys.argv[1:]
repo = Client().get_repo(f"{os.environ['TEST_ORG']}/{name}")
repo.checkout(ref, for_writing=False)
data = repo.to_xarray().load()
print(
    json.dumps(
        {
            "zarr": zarr.__version__,
            "commit": str(repo.session.base_commit),
            "log": [[str(commit.id), commit.message, commit.author_email] for commit in repo.commit_log],
            "branches": sorted(branch.id for branch in repo.branches),
            "tags": [tag.label for tag in repo.tags],
            "dims": dict(data.sizes),
            "title": data.attrs["title"],
            "values": data["t"].values.ravel().tolist(),
            "wide": data["wide"].values.tolist(),
            "tree": sorted(repo.tree().trees),
        }
    )
)
