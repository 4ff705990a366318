"""Exit code 0 while the bot in this container answers. No proxy of the environment comes in between."""

import os
import sys
from http.client import HTTPConnection, HTTPException

connection = HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=4)
try:
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
except (OSError, HTTPException) as error:
    sys.exit(f"/healthz: no answer: {error}")
if status != 200:
    sys.exit(f"/healthz: answered {status}")
