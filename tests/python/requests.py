"""Makes one call after the other; says which one it was, and waits until its requests have been counted."""

import os

from arraylake import Client

client, org = Client(), os.environ["TEST_ORG"]
name = f"{org}/from-python"


def done(what):
    print("done", what, flush=True)
    input()


done("ready")
client.list_repos(org)
done("list_repos")
client.create_repo(name)
done("create_repo")
client.get_repo_object(name)
done("get_repo_object")
client.get_repo(name)
done("get_repo")
client.get_or_create_repo(name)
done("get_or_create_repo")
client.modify_repo(name, description="changed")
done("modify_repo")
client.list_bucket_configs(org)
done("list_bucket_configs")
client.create_bucket_config(org=org, nickname="counted", uri="s3://counted", region_name="us-east-1")
done("create_bucket_config")
client.get_bucket_config(org=org, nickname="counted")
done("get_bucket_config")
client.set_default_bucket_config(org=org, nickname="counted")
done("set_default_bucket_config")
client.list_repos_for_bucket_config(org=org, nickname="counted")
done("list_repos_for_bucket_config")
client.delete_bucket_config(org=org, nickname="counted", imsure=True, imreallysure=True)
done("delete_bucket_config")
client.get_virtual_chunk_containers(name)
done("get_virtual_chunk_containers")
client.delete_repo(name, imsure=True, imreallysure=True)
done("delete_repo")
client.get_orgs()
done("get_orgs")
