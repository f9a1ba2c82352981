# A Django application that says which of its routes it took and which path it saw. Spec: ../echo.ts.
import base64

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path, re_path

ROUTES = "a/b admin r.git/info/refs r.git/info/lfs/objects/batch other/team".split()


def echo(route):
    def view(request, **found):
        views = [request.path.encode(), request.META["PATH_INFO"].encode()]
        if "rest" in found:
            views.append(b"/" + found["rest"].encode())
        lines = ["echo " + route] + ["b64 " + base64.b64encode(view).decode() for view in views]
        return HttpResponse("\n".join(lines), content_type="text/plain")

    return view


urlpatterns = [
    *(path(prefix + route, echo("/" + route)) for route in ROUTES for prefix in ("", "p/")),
    # As a case-insensitive tool spells its routes.
    re_path(r"(?i)^any-case/r\.git/info/lfs/objects/batch/?$", echo("/r.git/info/lfs/objects/batch")),
    re_path(r"(?i)^any-case/admin/?$", echo("/admin")),
    path("<path:rest>", echo("*")),
    path("", echo("*")),
]

settings.configure(
    ALLOWED_HOSTS=["*"],
    APPEND_SLASH=True,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="none",
    USE_I18N=False,
)
application = get_wsgi_application()
