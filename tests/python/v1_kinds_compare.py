"""Compares the arrays of `/kinds` with those of `/copies` in a V1 repo, and says where they differ."""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

import numcodecs
import numpy
from arraylake import Client

repo = Client().get_repo(f"{os.environ['TEST_ORG']}/{sys.argv[1]}")
repo.checkout("main", for_writing=False)
faults = []
# What Zarr v3 has other words for: it knows no automatic shuffle, and fills texts with texts.
becomes = {
    ("automatic", "compressor"): numcodecs.Blosc("lz4", 1, 2),
    ("texts", "fill_value"): "",
    ("categories", "fill_value"): "",
    ("json", "fill_value"): "",
    ("msgpack", "fill_value"): "",
    ("scalar_json", "fill_value"): "",
    ("binaries", "fill_value"): "",
}
kinds, copies = repo.root_group["kinds"], repo.root_group["copies"]
if sorted(kinds) != sorted(copies):
    faults.append(f"{sorted(kinds)} are not {sorted(copies)}")
for name in kinds:
    one, other = kinds[name], copies[name]
    for what in ("dtype", "shape", "chunks", "order", "compressor", "filters", "fill_value"):
        expected, found = becomes.get((name, what), getattr(one, what)), getattr(other, what)
        # Not a number is not equal to itself.
        if repr(expected) != repr(found):
            faults.append(f"{name}: {what} {expected!r} became {found!r}")
    if not numpy.array_equal(one[...], other[...], equal_nan=one.dtype.kind in "fcMm"):
        faults.append(f"{name}: {one[...]} became {other[...]}")
print(json.dumps({"count": len(list(kinds)), "faults": faults}))
