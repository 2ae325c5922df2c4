"""Where people sign in, say who they are, and choose what they see."""

from __future__ import annotations

from django.urls import path

from lazaretto.web.signin import acting, entering, home, preferences

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", entering.sign_in, name="sign-in"),
    path("sign-out", entering.sign_out, name="sign-out"),
    path("language", preferences.language, name="language"),
    path("appearance", preferences.appearance, name="appearance"),
    path("account", preferences.account, name="account"),
    path("act-for/<str:tenant>", acting.act_for, name="act-for"),
    path("stop-acting", acting.stop_acting, name="stop-acting"),
]
