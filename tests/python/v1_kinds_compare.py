"""Compares the arrays of `/kinds` with those of `/copies` in a V1 repo, and says where they differ."""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

import numpy
from arraylake import Client

repo = Client().get_repo(f"{os.environ['TEST_ORG']}/{sys.argv[1]}")
repo.checkout("main", for_writing=False)
faults = []
kinds, copies = repo.root_group["kinds"], repo.root_group["copies"]
if sorted(kinds) != sorted(copies):
    faults.append(f"{sorted(kinds)} are not {sorted(copies)}")
for name in kinds:
    one, other = kinds[name], copies[name]
    for what in ("dtype", "shape", "chunks", "order", "compressor", "filters", "nchunks_initialized"):
        if getattr(one, what) != getattr(other, what):
            faults.append(f"{name}: {what} {getattr(one, what)} became {getattr(other, what)}")
    if repr(one.fill_value) != repr(other.fill_value):
        faults.append(f"{name}: fill value {one.fill_value!r} became {other.fill_value!r}")
    if not numpy.array_equal(one[...], other[...], equal_nan=one.dtype.kind in "fcMm"):
        faults.append(f"{name}: {one[...]} became {other[...]}")
print(json.dumps({"count": len(list(kinds)), "faults": faults}))
