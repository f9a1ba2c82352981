"""A Git server with LFS behind Basic authentication, which routes by the exact path and, as some do, repeats the
Authorization that it was sent in what it tells its clients.

    lfs-server.py ADDRESS PORT ROOT URL

ROOT holds bare repositories and takes the objects; URL is where clients reach it. The environment's LFS_AUTHORIZATION
is the one that it accepts. A request's query may choose how it answers: `type`, `length=none`, `form`.
"""

import base64
import http.server
import json
import os
import re
import subprocess
import sys
import urllib.parse

ADDRESS, PORT, ROOT, URL = sys.argv[1:]
LFS_TYPE = "application/vnd.git-lfs+json"


def action(oid, authorization, form):
    """What leads to an object, with the Authorization repeated in one of its forms."""
    encoded = authorization.removeprefix("Basic ")
    user, password = base64.b64decode(encoded).decode().split(":", 1)
    quoted = urllib.parse.quote(password, safe="")
    href = f"{URL}/r.git/lfs/{oid}"
    forms = {
        "header": {"header": {"Authorization": authorization}},
        "url-safe": {"header": {"X-Token": encoded.translate(str.maketrans("+/", "-_")).rstrip("=")}},
        "plain": {"header": {"X-Password": password}},
        "percent": {"href": href.replace("://", f"://{user}:{quoted}@"), "header": {}},
        "query": {"href": f"{href}?token={urllib.parse.quote(encoded, safe='')}", "header": {}},
        "elsewhere": {"href": "https://blobs.example/1", "header": {"X-Auth": authorization, "X-Kept": "1"}},
    }
    return {"href": href, **forms[form]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.path, _, self.query = self.path.partition("?")
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.authorization = self.headers.get("Authorization", "")
        if self.authorization != os.environ["LFS_AUTHORIZATION"]:
            self.reply(401, b"", {"WWW-Authenticate": 'Basic realm="git"'})
        elif self.path == "/r.git/info/lfs/objects/batch":
            self.batch()
        elif found := re.fullmatch("/r.git/info/lfs/objects/([0-9a-f]{64})", self.path):
            self.say(self.object(found[1], 1, "download"))
        elif self.path == "/r.git/info/lfs/locks/verify":
            self.say({"ours": [], "theirs": []})
        elif found := re.fullmatch("/r.git/lfs/([0-9a-f]{64})", self.path):
            self.transfer(os.path.join(ROOT, "lfs-" + found[1]))
        else:
            self.git()

    do_GET = do_POST = do_PUT = answer

    def batch(self):
        asked = json.loads(self.body)
        objects = [self.object(it["oid"], it["size"], asked["operation"]) for it in asked["objects"]]
        self.say({"transfer": "basic", "objects": objects})

    def object(self, oid, size, operation):
        form = urllib.parse.parse_qs(self.query).get("form", ["header"])[0]
        actions = {operation: action(oid, self.authorization, form)}
        return {"oid": oid, "size": size, "authenticated": True, "actions": actions, "_links": actions}

    def say(self, answer):
        print("said", self.path, file=sys.stderr, flush=True)
        choice = {name: values[0] for name, values in urllib.parse.parse_qs(self.query).items()}
        content_type = choice.get("type", LFS_TYPE)
        # As PHP writes JSON.
        text = json.dumps(answer).replace("/", "\\/")
        self.reply(200, text.encode(), {"Content-Type": content_type}, choice.get("length") != "none")

    def transfer(self, file):
        if self.command == "PUT":
            with open(file, "wb") as out:
                out.write(self.body)
            return self.reply(200, b"")
        with open(file, "rb") as stored:
            return self.reply(200, stored.read(), {"Content-Type": "application/octet-stream"})

    def git(self):
        variables = {
            "GIT_PROJECT_ROOT": ROOT,
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "user",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": urllib.parse.unquote(self.path),
            "QUERY_STRING": self.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(self.body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=self.body, env={**os.environ, **variables}, capture_output=True
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.reply(int(headers.pop("Status", "200")[:3]), body, headers)

    def reply(self, status, body, headers=None, has_length=True):
        self.send_response(status)
        for name, value in (headers or {}).items():
            if value != "none":
                self.send_header(name, value)
        if has_length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer((ADDRESS, int(PORT)), Handler).serve_forever()
