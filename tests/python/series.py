"""Opens the dataset of the example `timeseries` with xarray, now and at its first version, and says what it saw."""

import json
import os
import sys

import xarray
from arraylake import Client

repo = Client().get_repo(f"{os.environ['TEST_ORG']}/{sys.argv[1]}")


def opened(**version):
    return xarray.open_zarr(repo.readonly_session(**version).store, consolidated=False).load()


now, then = opened(branch="main"), opened(snapshot_id=sys.argv[2])
print(
    json.dumps(
        {
            "dims": dict(now.sizes),
            "dims_then": dict(then.sizes),
            "last_day": str(now["time"].values[-1])[:10],
            "title": now.attrs["title"],
            "units": now["temperature"].attrs["units"],
            "at": float(now["temperature"].sel(time="2024-01-13", lat=45.0, lon=200.0)),
            "missing": int(now["temperature"].isnull().sum()),
            "messages": [snapshot.message for snapshot in repo.ancestry(branch="main")],
        }
    )
)
