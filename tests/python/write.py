"""Creates a repo through the Python client, writes it with xarray, and says what it committed."""

import json
import os
import sys

import numpy
import xarray
from arraylake import Client

client = Client()
repo = client.create_repo(
    f"{os.environ['TEST_ORG']}/{sys.argv[1]}",
    bucket_config_nickname=sys.argv[2],
    description="written from Python",
)
rows, columns = numpy.arange(4.0), numpy.arange(6.0)
values = 100 * rows[:, None] + columns[None, :]
data = xarray.Dataset({"t": (("y", "x"), values)}, coords={"y": rows, "x": columns})
session = repo.writable_session("main")
data.to_zarr(session.store, consolidated=False, zarr_format=3)
print(json.dumps({"snapshot": session.commit("from Python")}))
