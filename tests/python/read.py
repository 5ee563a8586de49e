"""Opens a repo through the Python client, reads it with xarray, and says what it saw."""

import json
import os
import sys

import xarray
from arraylake import Client

client = Client()
repo = client.get_repo(f"{os.environ['TEST_ORG']}/{sys.argv[1]}")
session = repo.readonly_session("main")
data = xarray.open_zarr(session.store, consolidated=False).load()
tip = next(iter(repo.ancestry(branch="main")))
print(
    json.dumps(
        {
            "snapshot": session.snapshot_id,
            "author_email": tip.metadata.get("author_email"),
            "dims": dict(data.sizes),
            "title": data.attrs["title"],
            "values": data["t"].values.ravel().tolist(),
        }
    )
)
