# A Flask application that says which of its routes it took and which path it saw. Spec: ../echo.ts.
import base64

from flask import Flask, Response, request

ROUTES = "/a/b /admin /r.git/info/refs /r.git/info/lfs/objects/batch /other/team".split()
METHODS = ["GET", "POST"]

application = Flask(__name__)


def echo(route):
    def view(**found):
        views = [request.path.encode(), request.environ["PATH_INFO"].encode("latin-1")]
        if "rest" in found:
            views.append(b"/" + found["rest"].encode())
        lines = ["echo " + route] + ["b64 " + base64.b64encode(view).decode() for view in views]
        return Response("\n".join(lines), mimetype="text/plain")

    return view


for route in ROUTES:
    for prefix in ("", "/p"):
        application.add_url_rule(prefix + route, prefix + route, echo(route), methods=METHODS)
application.add_url_rule("/<path:rest>", "rest", echo("*"), methods=METHODS)
application.add_url_rule("/", "root", echo("*"), methods=METHODS)
