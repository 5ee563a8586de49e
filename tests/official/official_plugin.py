"""pytest plugin: leaves out, or expects to fail, what the table of exclusions names.

A line of the table is `skip TEST  # reason` or `fails TEST  # reason`. TEST is the id of a test below `tests`, or the
beginning of some ids and a `*`. A test that should fail and passes is an error, as is a line that fits no test.
"""

import pathlib

import pytest


def pytest_addoption(parser):
    parser.addoption("--exclusions", help="the table of exclusions")
    parser.addoption("--whole", action="store_true", help="every line of the table must fit a test")


def read(path):
    rows = []
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        rule, _, reason = line.partition("  # ")
        how, _, test = rule.strip().partition(" ")
        if how not in ("skip", "fails") or not test or not reason.strip():
            raise pytest.UsageError(f"{path}:{number}: not `skip TEST  # reason` or `fails TEST  # reason`")
        rows.append((how, test.strip(), reason.strip()))
    return rows


def fits(test, item):
    name = item.nodeid.removeprefix("tests/")
    return name.startswith(test[:-1]) if test.endswith("*") else name == test


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    rows = read(config.getoption("--exclusions"))
    needed = set()
    for item in items:
        for row in rows:
            how, test, reason = row
            if fits(test, item):
                needed.add(row)
                item.add_marker(pytest.mark.skip(reason=reason) if how == "skip" else pytest.mark.xfail(strict=True, reason=reason))
                break
    idle = [f"{how} {test}" for how, test, _ in rows if (how, test, _) not in needed]
    if config.getoption("--whole") and idle:
        raise pytest.UsageError("lines of the table that fit no test:\n  " + "\n  ".join(idle))
