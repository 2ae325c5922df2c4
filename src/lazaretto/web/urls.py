"""Where everything is."""

from __future__ import annotations

from django.urls import path

from lazaretto.web.api.application import api
from lazaretto.web.refused.views import page
from lazaretto.web.static import asset

urlpatterns = [
    path("api/v1/", api.urls),
    path("r/<str:reference>", page),
    path("static/<str:name>", asset),
]
