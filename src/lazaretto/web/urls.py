"""Where everything is."""

from __future__ import annotations

from django.urls import path

from lazaretto.web.api.application import api

urlpatterns = [
    path("api/v1/", api.urls),
]
