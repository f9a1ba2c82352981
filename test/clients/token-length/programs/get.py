# Sends one request with urllib or requests: `get.py LIBRARY URL [TOKEN]`. Proxies come from the environment.
import sys
import urllib.request

import requests

library, url, *tokens = sys.argv[1:]
headers = {"Authorization": "Bearer " + token for token in tokens}
if library == "requests":
    requests.get(url, headers=headers, timeout=10).raise_for_status()
else:
    urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10).read()
