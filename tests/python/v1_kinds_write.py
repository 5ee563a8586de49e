"""Writes arrays of many kinds into a V1 repo through the Python client, and says which."""

import json
import lzma
import os
import sys
import warnings

warnings.simplefilter("ignore")

import numcodecs
import numpy
from arraylake import Client
from arraylake.types import RepoKind

name, bucket = sys.argv[1:]
repo = Client().create_repo(f"{os.environ['TEST_ORG']}/{name}", kind=RepoKind.V1, bucket_config_nickname=bucket)
group = repo.root_group.create_group("kinds")

grid = numpy.arange(24.0).reshape(4, 6)
halves = numpy.array([0.5, numpy.nan, numpy.inf, -numpy.inf, 0.0], dtype="<f2")
kinds = {
    "default": (grid, {"chunks": (2, 4)}),
    "large": (numpy.arange(20_000, dtype="<i8"), {"chunks": (6_000,), "compressor": None}),
    "bitshuffled": (grid.astype(">f4"), {"chunks": (3, 3), "compressor": numcodecs.Blosc("zstd", 3, 2)}),
    "automatic": (numpy.arange(99, dtype="u1"), {"chunks": (50,), "compressor": numcodecs.Blosc("lz4", 1, -1)}),
    "zstd": (numpy.arange(7, dtype=">i2"), {"chunks": (3,), "compressor": numcodecs.Zstd(3), "fill_value": -1}),
    "gzip": (numpy.arange(7, dtype="i1"), {"chunks": (3,), "compressor": numcodecs.GZip(2)}),
    "zlib": (numpy.arange(7, dtype="<u4"), {"chunks": (3,), "compressor": numcodecs.Zlib(2)}),
    "bz2": (numpy.array([True, False, True]), {"chunks": (2,), "compressor": numcodecs.BZ2(1), "fill_value": True}),
    "shuffled": (grid.astype("<f4"), {"chunks": (2, 6), "filters": [numcodecs.Shuffle(4)], "compressor": numcodecs.Zlib(4)}),
    "fortran": (grid, {"chunks": (2, 4), "order": "F"}),
    "dots": (grid, {"chunks": (2, 4), "dimension_separator": "."}),
    "halves": (halves, {"chunks": (2,), "fill_value": "NaN"}),
    "complexes": (numpy.array([1 + 2j, 0, -1j]), {"chunks": (2,), "fill_value": 1 + 2j}),
    "days": (numpy.array(["2024-01-01", "NaT", "2025-02-03"], dtype="<M8[D]"), {"chunks": (2,)}),
    "spans": (numpy.array([1, 2, 3], dtype=">m8[ns]"), {"chunks": (2,)}),
    "names": (numpy.array(["a", "bé", ""], dtype="<U2"), {"chunks": (2,)}),
    "texts": (numpy.array(["a", "longer, é", ""], dtype=object), {"chunks": (2,), "object_codec": numcodecs.VLenUTF8()}),
    "lz4": (numpy.arange(300, dtype="<i4"), {"chunks": (200,), "compressor": numcodecs.LZ4(3)}),
    "lzma": (numpy.arange(300, dtype=">f8"), {"chunks": (200,), "compressor": numcodecs.LZMA(preset=1)}),
    "delta": (numpy.array([[5, 3], [250, 7], [9, 9]], dtype=">i4"), {"chunks": (2, 2), "filters": [numcodecs.Delta(">i4", "<i2")]}),
    "columns": (numpy.arange(12, dtype="u2").reshape(3, 4), {"chunks": (3, 2), "order": "F", "filters": [numcodecs.Delta("<u2")]}),
    "narrow": (numpy.array([1.5, -2.0, 300.0]), {"chunks": (2,), "filters": [numcodecs.AsType("<i2", "<f8")]}),
    "rounded": (numpy.linspace(0, 1, 9), {"chunks": (4,), "filters": [numcodecs.Quantize(2, "<f8", "<f4")]}),
    "scaled": (
        numpy.array([1000.0, 1234567.5, -5e8, 1050.0]),
        {"chunks": (3,), "filters": [numcodecs.FixedScaleOffset(1000, 0.1, "<f8", "<i4")]},
    ),
    "bits": (numpy.array([[1, 0, 1], [1, 1, 0], [0, 0, 1]], dtype=bool), {"chunks": (2, 3), "filters": [numcodecs.PackBits()]}),
    "sums": (numpy.arange(9, dtype="u1"), {"chunks": (4,), "filters": [numcodecs.CRC32(), numcodecs.Adler32()]}),
    "payloads": (numpy.array([0x7FF8000000000ABC, 0xFFF0000000000000, 0], dtype="<u8").view("<f8"), {"chunks": (2,), "fill_value": numpy.inf}),
    "undefined": (numpy.array([complex(numpy.nan, 1), complex(0, -numpy.inf)], dtype=">c8"), {"chunks": (1,), "fill_value": complex(numpy.nan, -numpy.inf)}),
    "never": (numpy.array(["2024-01-01T00:00:00.5", "NaT"], dtype=">M8[ms]"), {"chunks": (1,), "fill_value": numpy.datetime64("NaT")}),
    "volume": (numpy.arange(24, dtype=">i8").reshape(2, 3, 4), {"chunks": (1, 2, 3), "order": "F", "dimension_separator": ".", "filters": [numcodecs.Shuffle(8)]}),
    "empty": (numpy.zeros((0,), dtype="<f4"), {}),
    "flat": (numpy.zeros((0, 3), dtype="<i2"), {"chunks": (2, 2)}),
    "binaries": (numpy.array([b"", b"a\x00", b"\xff" * 9], dtype=object), {"chunks": (2,), "object_codec": numcodecs.VLenBytes()}),
    "nul": (numpy.array([b"a\x00b", b"\x00c"], dtype="S4"), {"chunks": (1,), "fill_value": b"\xff"}),
    "voids": (numpy.array([b"ab\x00", b"\xff\x00c"], dtype="V3"), {"chunks": (1,)}),
    "blank": (numpy.array(["", "é"], dtype=">U3"), {"chunks": (1,), "fill_value": "éa"}),
    # Names that look like something else.
    "c": (grid, {"chunks": (2, 4)}),
    "c0": (numpy.arange(5, dtype="u1"), {"chunks": (2,), "dimension_separator": "."}),
    "a.b-c_d": (numpy.arange(5, dtype="u1"), {"chunks": (2,)}),
    "hashed": (numpy.arange(30, dtype="<i2"), {"chunks": (7,), "filters": [numcodecs.JenkinsLookup3(5)], "compressor": None}),
    "raw": (
        numpy.arange(300, dtype="<i4"),
        {"chunks": (200,), "compressor": numcodecs.LZMA(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_LZMA2, "preset": 1}])},
    ),
    "code": (
        numpy.frombuffer(b"\xe8\x01\x00\x00\x00\xe8\xff\xff\xff\xff\x90\x90" * 200, dtype="u1"),
        {"chunks": (1000,), "compressor": numcodecs.LZMA(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 1}])},
    ),
    "branches": (
        numpy.frombuffer(bytes(range(256)) * 16, dtype="<i4"),
        {"chunks": (300,), "compressor": numcodecs.LZMA(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_ARM, "start_offset": 16}, {"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_LZMA1}])},
    ),
    "older": (numpy.arange(300, dtype="<i4"), {"chunks": (200,), "compressor": numcodecs.LZMA(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1}])}),
    "fixed": (numpy.array([b"ab", b"", b"xyz"], dtype="S3"), {"chunks": (2,), "fill_value": b"xx"}),
    "records": (
        numpy.array([(1, 2.5, b"a", (True,)), (3, 4.5, b"bc", (False,))], dtype=[("a", "<i4"), ("b", "<f8"), ("s", "S2"), ("n", [("t", "?")])]),
        {"chunks": (2,)},
    ),
}
# What only Zarr v2 knows, and so does not leave V1 repos.
labels = ["warm", "kühl"]
staying = {
    "categories": (numpy.array(["kühl", "", "warm", "other"], dtype=object), {"chunks": (3,), "object_codec": numcodecs.Categorize(labels, object)}),
    "narrow_categories": (numpy.array(["kühl", "warm", "warm"], dtype="<U4"), {"chunks": (2,), "filters": [numcodecs.Categorize(labels, "<U4", "<u2")]}),
    "json": (numpy.array([["warm", "kühl", "\U0001f30a\x7f"], ["", "a\n\"", "é"]], dtype=object), {"chunks": (2, 2), "object_codec": numcodecs.JSON()}),
    "json_plain": (numpy.array(["a", "é"], dtype=object), {"chunks": (3,), "fill_value": "", "object_codec": numcodecs.JSON(ensure_ascii=False, indent=1)}),
    "msgpack": (numpy.array([["warm", "kühl", "x" * 300], ["", "b" * 40, "é"]], dtype=object), {"chunks": (2, 2), "object_codec": numcodecs.MsgPack()}),
    "msgpack_old": (numpy.array(["a", "b" * 40, "é"], dtype=object), {"chunks": (2,), "fill_value": "none", "object_codec": numcodecs.MsgPack(use_bin_type=False), "compressor": None}),
    "mixed": (numpy.array([(1, 2, "a"), (3, 4, "é")], dtype=[("a", ">i4"), ("b", "<i4"), ("c", ">U1")]), {"chunks": (1,)}),
    "matrices": (
        numpy.array([(1, [[1.5, 2], [3, 4]], [(1, b"a"), (2, b"b")]), (2, [[5, 6], [7, 8]], [(3, b"c"), (4, b"d")])], dtype=[("n", "u1"), ("m", ">f8", (2, 2)), ("p", [("x", "<i2"), ("s", "S1")], (2,))]),
        {"chunks": (1,)},
    ),
    "reversed": (numpy.array([(1, (2.5, "a")), (3, (4.5, "é"))], dtype=[("a", ">i4"), ("b", [("c", ">f8"), ("d", ">U1")])]), {"chunks": (1,)}),
}
kinds.update(staying)
for key, (values, options) in kinds.items():
    group.create_dataset(key, data=values, **options)
# Some chunks are never written.
holes = group.create_dataset("holes", shape=(4, 4), chunks=(2, 2), dtype="<i4", fill_value=7)
holes[2:, 2:] = 1
# Between aligned fields there are gaps, which zarr reads as fields.
gaps = group.create_dataset("gaps", shape=(2,), chunks=(1,), dtype=numpy.dtype([("a", "u1"), ("b", "<f8")], align=True))
gaps[...] = numpy.array([(1, b"", 2.5), (3, b"between", 4.5)], dtype=gaps.dtype)
group.create_dataset("scalar", shape=(), dtype="<i4")[...] = 42
group.create_dataset("scalar_json", shape=(), dtype=object, object_codec=numcodecs.JSON())[...] = "text"
group.create_dataset("scalar_text", shape=(), dtype=">U4", fill_value="x")[...] = "text"
# What zarrs has no place for.
odd = repo.root_group.create_group("odd")
odd.create_dataset("objects", data=numpy.array(["a", {"a": 1}], dtype=object), object_codec=numcodecs.JSON())
odd.create_dataset("packed", data=numpy.array(["a", 5], dtype=object), object_codec=numcodecs.MsgPack())
odd.create_dataset("pickled", data=numpy.array([{"a": 1}], dtype=object), object_codec=numcodecs.Pickle())
odd.create_dataset("ragged", data=numpy.array([numpy.arange(2), numpy.arange(3)], dtype=object), object_codec=numcodecs.VLenArray("<i4"))
repo.commit("kinds")
print(json.dumps({"all": sorted([*kinds, "gaps", "holes", "scalar", "scalar_json", "scalar_text"]), "staying": sorted([*staying, "scalar_json"])}))
