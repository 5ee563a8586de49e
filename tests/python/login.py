"""Logs in, or uses and renews a login, as the Python client does."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from arraylake import Client
from arraylake.token import AuthException


def listed(client):
    return len(list(client.list_repos(os.environ["TEST_ORG"])))


def listed_beside_others(client):
    """The same where other processes of Python renew the login. Python empties the file of tokens before it writes it,
    and another one that reads just then takes it for malformed: then once more, as a person would."""
    for attempt in range(5):
        try:
            return listed(client)
        except AuthException as error:
            if "malformed" not in str(error) or attempt == 4:
                raise
            time.sleep(0.05)


action, count = sys.argv[1], 0
if action == "login":
    Client().login(browser=False)
    count = listed(Client())
elif action == "use":
    count = listed(Client())
elif action == "hold":
    # One client for all calls, so that its tokens are those of the beginning.
    client = Client()
    end = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end:
        listed_beside_others(client)
        count += 1
        time.sleep(0.2)
elif action == "refresh":
    command = Path(sys.executable).with_name("arraylake")
    done = subprocess.run([command, "auth", "refresh"], capture_output=True, text=True)
    # The command says so in words; it leaves with 0 even if it was refused.
    assert done.returncode == 0 and "rror" not in done.stdout + done.stderr, done.stdout + done.stderr

tokens = json.loads(Path(os.environ["ARRAYLAKE_SERVICE__TOKEN_PATH"]).read_text())
print(json.dumps({"count": count, "id_token": tokens["id_token"], "fields": list(tokens)}))
