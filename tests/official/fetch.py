"""Gets the test-suite that a release of the Python client ships in its source distribution, ready for a service.

    fetch.py RELEASE CACHE OUT CATALOG_PORT S3_PORT GOOGLE_PORT

The source distribution comes from the package index of pip and stays in CACHE. Its folder `tests` is copied to OUT, with
the ports that the suite takes for granted replaced by those of the service that is to be tested and of what stands for
Google's object store.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

# `localhost_8000` is what the clients make of an address in the name of a file.
PLACES = re.compile(r"(localhost|127\.0\.0\.1|0\.0\.0\.0)([:_])(8000|9000|4443)\b")


def source(release: str, cache: pathlib.Path) -> pathlib.Path:
    name = f"arraylake-{release}.tar.gz"
    if not (cache / name).is_file():
        cache.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        options = ["--no-deps", "--no-binary", "arraylake", "--dest", str(cache)]
        subprocess.run([*pip, *options, f"arraylake=={release}"], check=True)
    return cache / name


def main() -> None:
    release, cache, out, catalog, s3, google = sys.argv[1:]
    out = pathlib.Path(out)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tarfile.open(source(release, pathlib.Path(cache))) as archive:
        archive.extractall(out, filter="data")
    # The client itself is the installed one, and must not be found beside its tests.
    unpacked = out / f"arraylake-{release}"
    for name in ("tests", "pyproject.toml"):
        shutil.move(unpacked / name, out / name)
    shutil.rmtree(unpacked)
    ports = {"8000": catalog, "9000": s3, "4443": google}
    for path in out.rglob("*"):
        if path.suffix in (".py", ".yaml"):
            text = path.read_text()
            path.write_text(PLACES.sub(lambda found: found[1] + found[2] + ports[found[3]], text))


main()
