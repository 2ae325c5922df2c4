"""Where everything is."""

from __future__ import annotations

from django.urls import include, path

from lazaretto.web.api.application import api
from lazaretto.web.quarantine.links.views import page as mailed_link
from lazaretto.web.refused.views import page
from lazaretto.web.shell import assets
from lazaretto.web.shell.dispatching import patterns
from lazaretto.web.signin.urls import urlpatterns as signin

urlpatterns = [
    path("api/v1/", api.urls),
    path("r/<str:reference>", page),
    path("d/<str:text>", mailed_link),
    path("static/<str:version>/<path:name>", assets.serve),
    *signin,
    path("", include((patterns(), "pages"))),
]
handler400 = "lazaretto.web.shell.errors.bad_request"
handler404 = "lazaretto.web.shell.errors.not_found"
handler500 = "lazaretto.web.shell.errors.fault"
