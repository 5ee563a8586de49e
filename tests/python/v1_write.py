"""Creates a V1 repo through the Python client, goes through what it can do with it, and says what it found."""

import json
import os
import sys
import warnings
from datetime import timedelta

warnings.simplefilter("ignore")

import numpy
import xarray
from arraylake import Client
from arraylake.types import RepoKind
from checks import check, faults, refused

name, bucket = sys.argv[1:]
full = f"{os.environ['TEST_ORG']}/{name}"

client = Client()
repo = client.create_repo(full, kind=RepoKind.V1, bucket_config_nickname=bucket)
check("a new repo has no commit", repo.session.base_commit is None and len(repo.commit_log) == 0)

# A data set with coordinates, written by xarray, with chunks that are inline and others that are objects.
rows, columns = numpy.arange(4.0), numpy.arange(6.0)
values = 100 * rows[:, None] + columns[None, :]
data = xarray.Dataset(
    {"t": (("y", "x"), values, {"units": "K"}), "wide": (("w",), numpy.arange(1000.0))},
    coords={"y": rows, "x": columns},
    attrs={"title": "written from Python"},
)
encoding = {"t": {"chunks": (2, 6), "compressor": None}, "wide": {"chunks": (500,), "compressor": None}}
data.to_zarr(repo.store, zarr_version=3, encoding=encoding, mode="a", consolidated=False)
check("a large chunk is an object", repo._get_chunk_ref("data/root/wide/c0").uri is None)
check("a small chunk is inline", repo._get_chunk_ref("data/root/t/c0/0").uri.startswith("inline://"))
first = repo.commit("a data set")
check("nothing has changed after a commit", not repo.status().modified_paths)
repo.tag("v1", message="the first")

# Arrays of many kinds, with chunks that are inline.
group = repo.root_group.create_group("kinds/deep")
kinds = {
    "bools": numpy.array([True, False, True]),
    "bytes1": numpy.arange(3, dtype="u1"),
    "ints": numpy.array([-1, 0, 1], dtype="<i8"),
    "big": numpy.array([1, 2, 3], dtype=">i2"),
    "halves": numpy.array([0.5, numpy.nan, numpy.inf], dtype="<f2"),
    "complexes": numpy.array([1 + 2j, 0, -1j]),
    "days": numpy.array(["2024-01-01", "NaT", "2025-02-03"], dtype="<M8[D]"),
    "names": numpy.array(["a", "bc", ""], dtype="<U2"),
}
for key, array in kinds.items():
    group.create_dataset(key, data=array, chunks=(2,))
group.attrs.update({"level": 2, "odd": "ü\u0000"})
scalar = group.create_dataset("scalar", shape=(), dtype="<i4")
scalar[...] = 42
second = repo.commit("kinds")
for key, array in kinds.items():
    check(f"{key} comes back", numpy.array_equal(repo.root_group["kinds/deep"][key][:], array, equal_nan=array.dtype.kind in "fcM"))
check("what is in objects comes back", numpy.array_equal(repo.root_group["wide"][:], numpy.arange(1000.0)))
check("a scalar comes back", repo.root_group["kinds/deep/scalar"][()] == 42)

# What the service knows about them.
check("the tree has them", set(repo.tree().trees["kinds"].trees["deep"].arrays) == {*kinds, "scalar"})
check("a filter finds the group", repo.filter_metadata("level == `2`") == ["kinds/deep"])
refused("a filter that is none", lambda: repo.filter_metadata("a | b"), "Functionality")
check("the size is that of the chunks", repo.store.getsize("t") == 192)
check("the log is in order", [c.id for c in repo.commit_log] == [second, first])

# Branches: moving a group, deleting an array, and a way back.
repo.new_branch("moved")
repo.root_group.move("kinds/deep", "kinds/moved")
del repo.root_group["x"]
touched = set(repo.status().modified_paths)
check("what moved is told", ("meta/root/kinds/moved.group.json", False) in touched)
check("what was deleted is told", ("meta/root/x.array.json", True) in touched)
third = repo.commit("moved")
check("it is there", "ints" in repo.root_group["kinds/moved"] and "x" not in repo.root_group)
repo.checkout("main")
check("and not on main", "x" in repo.root_group and "moved" not in repo.root_group["kinds"])
check("a tag shows its commit", repo.checkout("v1") == first and "kinds" not in repo.root_group)
refused("a tag twice", lambda: repo.tag("v1", second))
refused("an unknown ref", lambda: repo.checkout("nowhere"), "nowhere")

# Two sessions: one path is a conflict, others are not.
repo.checkout("main")
other = client.get_repo(full, checkout=True)
repo.root_group["t"][0, 0] = -1.0
other.root_group["y"][:] = rows + 1
other.commit("coordinates")
fourth = repo.commit("the first row, on top of it")
check("both are there", repo.root_group["t"][0, 0] == -1.0 and repo.root_group["y"][0] == 1.0)
other.checkout("main")
other.root_group["t"][0, 0] = -2.0
repo.root_group["t"][0, 1] = -3.0
repo.commit("the same chunk")
refused("a conflict", lambda: other.commit("too late"), "Conflicting paths", "data/root/t/c0/0")

# Sessions that others join, and that are given up.
session = repo.create_session(expires_in=timedelta(hours=1), message="shared")
other.join_session(session.id)
other.root_group.attrs["joined"] = True
check("a joined session sees what is written", repo.root_group.attrs["joined"] is True)
check("it is active", session.id in [known.id for known in repo.list_active_sessions()])
refused("more than a week", lambda: repo.create_session(expires_in=timedelta(days=8)), "Max expiry exceeded")
last = repo.commit("shared")

print(
    json.dumps(
        {
            "commits": [str(commit) for commit in (first, second, third, fourth, last)],
            "log": [[str(commit.id), commit.message] for commit in repo.commit_log],
            "branches": sorted(branch.id for branch in repo.branches),
            "tags": [tag.label for tag in repo.tags],
            "faults": faults,
        }
    )
)
