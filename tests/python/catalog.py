"""Goes through the catalog calls of the Python client, and says what was not as it should be."""

import json
import os

from arraylake import Client
from checks import check, faults, refused

org = os.environ["TEST_ORG"]
client = Client()

buckets = client.list_bucket_configs(org)
check("one default bucket", [b.is_default for b in buckets].count(True) == 1)
made = client.create_bucket_config(
    org=org, nickname="python-bucket", uri="s3://some-bucket/some/prefix", region_name="us-west-2"
)
check("a bucket comes back as it was made", client.get_bucket_config(org=org, nickname="python-bucket") == made)
refused(
    "a nickname twice",
    lambda: client.create_bucket_config(
        org=org, nickname="python-bucket", uri="s3://another-bucket", region_name="us-west-2"
    ),
    "already exists",
)
before = next(b.nickname for b in buckets if b.is_default)
client.set_default_bucket_config(org=org, nickname="python-bucket")
check("the default moves", client.get_bucket_config(org=org, nickname="python-bucket").is_default)
client.set_default_bucket_config(org=org, nickname=before)
client.create_bucket_config(org=org, nickname="python-gone", uri="s3://gone-bucket", region_name="us-west-2")
client.delete_bucket_config(org=org, nickname="python-gone", imsure=True, imreallysure=True)
refused("a deleted bucket", lambda: client.get_bucket_config(org=org, nickname="python-gone"), "python-gone")

client.create_repo(f"{org}/python-made", description="from Python", metadata={"stage": "raw"})
refused("a name twice", lambda: client.create_repo(f"{org}/python-made"))
check("the first repo survives that", client.get_repo_object(f"{org}/python-made").description == "from Python")
client.get_or_create_repo(f"{org}/python-made")
client.modify_repo(f"{org}/python-made", description="changed", add_metadata={"level": 2})
changed = client.get_repo_object(f"{org}/python-made")
check("a repo is changed", changed.description == "changed" and changed.metadata == {"stage": "raw", "level": 2})
refused("metadata twice", lambda: client.modify_repo(f"{org}/python-made", add_metadata={"level": 3}), "already exists")
found = client.list_repos(org, filter_metadata={"level": 2})
check("a filter finds it", [repo.name for repo in found] == ["python-made"])
in_bucket = client.list_repos_for_bucket_config(org=org, nickname=before)
check("the bucket lists it", "python-made" in [repo.name for repo in in_bucket])
refused(
    "a bucket in use",
    lambda: client.delete_bucket_config(org=org, nickname=before, imsure=True, imreallysure=True),
    "referenced",
)
client.create_repo(f"{org}/python-deleted")
client.delete_repo(f"{org}/python-deleted", imsure=True, imreallysure=True)
refused("a deleted repo", lambda: client.get_repo(f"{org}/python-deleted"), "404")
refused("an unknown org", lambda: client.list_repos("nobody-here"), "not found")
refused("a wrong token", lambda: Client(token="ema_wrong").list_repos(org), "401")

print(json.dumps({"repos": [repo.name for repo in client.list_repos(org)], "faults": faults}))
