"""Goes through the calls that 0.20.0 and 1.7.0 share, and through those of 1.7.0 alone, where the answers differ by the
age of the client; says what was not as it should be."""

import asyncio
import json
import os

import arraylake
from arraylake import AsyncClient, Client
from arraylake.types import RepoActions
from checks import check, faults, refused

org, token = os.environ["TEST_ORG"], os.environ["ARRAYLAKE_TOKEN"]
new = arraylake.__version__.startswith("1.")
client, aclient = Client(), AsyncClient()
options = {} if new else {"kind": "icechunk"}

name = f"{org}/shared"
client.create_repo(name, description="first", metadata={"stage": "raw", "level": 2}, **options)
if new:
    refused("a name twice", lambda: client.create_repo(name), "clean prefixes")
else:
    refused("a name twice", lambda: client.create_repo(name, **options), "already exists")
repo = asyncio.run(aclient.get_repo_object(name))
check("the first repo survives that", repo.description == "first" and repo.metadata == {"stage": "raw", "level": 2})
check("a repo is online and says who made it", repo.status.mode == "online" and repo.status.initiated_by.get("principal_id"))
check("a filter finds it", [row.name for row in client.list_repos(org, filter_metadata={"level": 2})] == ["shared"])
check("an empty filter is none", len(client.list_repos(org, filter_metadata={})) == len(client.list_repos(org)))
for edit in ({"add_metadata": {"stage": "x"}}, {"add_metadata": {"a": 1}, "remove_metadata": ["a"]}):
    refused(f"{edit}", lambda: client.modify_repo(name, **edit), "metadata")
refused("a long description", lambda: client.modify_repo(name, description="x" * 256), "at most 255 characters")
refused("much metadata", lambda: client.modify_repo(name, add_metadata={"big": "x" * 4096}), "Metadata can be at most 4kB")
before = asyncio.run(aclient.get_repo_object(name))
client.modify_repo(name)
check("no change is none", asyncio.run(aclient.get_repo_object(name)).updated == before.updated)
client.modify_repo(name, description="second", update_metadata={"level": 3}, remove_metadata=["stage"])
repo = asyncio.run(aclient.get_repo_object(name))
check("a change is seen", repo.description == "second" and repo.metadata == {"level": 3})

words = ("overlaps repo",) if new else ("clean prefixes",)
client.create_repo(f"{org}/placed", prefix="a/place", **options)
refused("a place twice", lambda: client.create_repo(f"{org}/again", prefix="a/place", **options), *words)
check("nothing is left of that", "again" not in [row.name for row in client.list_repos(org)])
client.delete_repo(f"{org}/placed", imsure=True, imreallysure=True)
check("a deleted repo is not listed", "placed" not in [row.name for row in client.list_repos(org)])

nobody = f"{org}/nobody"
if new:
    client.delete_repo(nobody, imsure=True, imreallysure=True)
else:
    refused("a deletion of nothing", lambda: client.delete_repo(nobody, imsure=True, imreallysure=True), "not found")
refused("an unknown org", lambda: client.list_repos("nobody-here"), "not found" if new else "Access Denied")
refused("an unknown repo", lambda: client.get_repo(nobody), "not found")
refused("an unknown bucket", lambda: client.create_repo(nobody, bucket_config_nickname="none", **options), "does not exist")
words = "still referenced by one or more repos" if new else "in use by a repo and cannot be modified"
refused(
    "a bucket in use",
    lambda: client.delete_bucket_config(org=org, nickname="local", imsure=True, imreallysure=True),
    words,
)

buckets = client.list_bucket_configs(org)
check("a bucket is the same wherever it is seen", repo.bucket in buckets)
check("one default bucket", [bucket.is_default for bucket in buckets].count(True) == 1)
in_bucket = client.list_repos_for_bucket_config(org=org, nickname="local")
check("the bucket lists its repos", "shared" in [row.name for row in in_bucket])

who = asyncio.run(aclient.get_api_client_from_token(org, token))
check("a token is known", str(who.id) == repo.status.initiated_by["principal_id"])
allowed = asyncio.run(
    aclient.get_permission_check(org=org, principal_id=str(who.id), resource=name, action=RepoActions.CAN_WRITE)
)
check("a permission is checked", allowed is True)

asyncio.run(aclient._set_repo_status(name, "offline", message="for a while"))
if new:
    refused("an offline repo with fixed keys", lambda: client.get_repo(name), "offline")
    refused("its entry", lambda: client.get_repo_object(name), "HMAC")
else:
    check("an offline repo is described", asyncio.run(aclient.get_repo_object(name)).status.mode == "offline")
asyncio.run(aclient._set_repo_status(name, "online"))
check("a repo opens again", client.get_repo(name) is not None)

check("no compute services", list(client.get_services(org).list_enabled()) == [])

if new:
    check("the orgs of the caller", org in [row.name for row in client.get_orgs()])
    page = list(client.list_repos_paginated(org, page_size=1))
    check("pages are read to the end", {row.name for row in page} == {row.name for row in client.list_repos(org)})
    ghosts = [row.name for row in client.list_repos(org, include_ghosts=True) if row.deleted_at]
    check("ghosts are seen when asked for", ghosts == ["placed"])
    refused("the name of a ghost", lambda: client.create_repo(f"{org}/placed"), "already exists")
    client.create_iceberg_namespace(org, "tables", description="t", metadata={"a": 1})
    check("a namespace is listed", [row.name for row in client.list_iceberg_namespaces(org)] == ["tables"])
    check("it has no tables", client.list_iceberg_tables(org, "tables") == [])
    client.modify_iceberg_namespace(org, "tables", add_metadata={"b": 2})
    check("it is changed", client.get_iceberg_namespace(org, "tables").metadata == {"a": 1, "b": 2})
    client.delete_iceberg_namespace(org, "tables", imsure=True)
    client.restore_iceberg_namespace(org, "tables")
    check("it is back", client.get_iceberg_namespace(org, "tables").deleted_at is None)
    policy = client.set_virtual_chunk_access_policy(org, bucket_nickname="delegated", subprefix="a/b/", public=False)
    check("a policy is kept", policy.url_prefix.endswith("/a/b/"))
    place = policy.url_prefix
    map = client.update_virtual_chunk_containers(name, add={place: "delegated"})
    check("a container is kept", map == {place: "delegated"} == client.get_virtual_chunk_containers(name))
    opened = client.get_repo(name)
    check("it may be read", {it.rstrip("/") for it in opened.authorized_virtual_container_prefixes} == {place.rstrip("/")})
    check("it is in the config", len(opened.config.virtual_chunk_containers) == 1)
    client.delete_virtual_chunk_access_policy(org, bucket_nickname="delegated", subprefix="a/b", public=False)
    refused("a container without a policy", lambda: client.get_repo(name), "not covered by any")

print(json.dumps({"faults": faults, "version": arraylake.__version__}))
