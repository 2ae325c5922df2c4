"""Where people sign in, say who they are, and choose what they see."""

from __future__ import annotations

from django.urls import path

from lazaretto.web.signin import (
    acting,
    enrolling,
    entering,
    home,
    linking,
    organisation,
    preferences,
    security,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", entering.sign_in, name="sign-in"),
    path("sign-in/second", entering.second_factor, name="second-factor"),
    path("sign-in/passkey", entering.passkey, name="sign-in-passkey"),
    path("sign-in/passkey/options", entering.passkey_options, name="sign-in-passkey-options"),
    path("sign-in/new-password", entering.new_password, name="new-password"),
    path("sign-in/link", linking.ask_for_link, name="ask-for-link"),
    path("sign-in/forgotten", linking.forgotten, name="forgotten"),
    path("sign-in/organisation", organisation.ask, name="sign-in-provider"),
    path("sign-in/oidc", organisation.oidc_answer, name="oidc-answer"),
    path("sign-in/saml/<uuid:identity>", organisation.saml_answer, name="saml-answer"),
    path("sign-in/saml/<uuid:identity>/metadata", organisation.saml_metadata, name="saml-metadata"),
    path("sign-in/saml/<uuid:identity>/<str:proof>", organisation.saml_finish, name="saml-finish"),
    path("link/<str:secret>", linking.follow, name="link"),
    path("sign-out", entering.sign_out, name="sign-out"),
    path("second-factors", enrolling.enrol, name="enrol"),
    path("second-factors/app", enrolling.totp, name="enrol-app"),
    path("second-factors/passkey", enrolling.passkey, name="enrol-passkey"),
    path("second-factors/passkey/options", enrolling.passkey_options, name="enrol-passkey-options"),
    path("second-factors/recovery-codes", enrolling.recovery_codes, name="recovery-codes"),
    path("second-factors/recovery-codes/new", enrolling.renew_recovery_codes, name="renew-recovery-codes"),
    path("account", preferences.account, name="account"),
    path("account/security", security.security, name="security"),
    path("account/password", security.change_password, name="change-password"),
    path("account/factors/<uuid:identity>/remove", security.remove_factor, name="remove-factor"),
    path("account/sessions/end", security.end_session, name="end-session"),
    path("account/sessions/end-others", security.end_other_sessions, name="end-other-sessions"),
    path("language", preferences.language, name="language"),
    path("appearance", preferences.appearance, name="appearance"),
    path("act-for/<str:tenant>", acting.act_for, name="act-for"),
    path("stop-acting", acting.stop_acting, name="stop-acting"),
]
