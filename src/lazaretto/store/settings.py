"""Django's settings, made of what the process that uses the store was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from psycopg.conninfo import conninfo_to_dict

from lazaretto.store.given import given


def _database(dsn: str) -> dict[str, Any]:
    given = {key: value for key, value in conninfo_to_dict(dsn).items() if value is not None}
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    options = {key: value for key, value in given.items() if key not in known.values()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{name: str(given.get(key, "")) for name, key in known.items()},
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


_GIVEN: Final = given()

SECRET_KEY = _GIVEN.secret
DEBUG = False
ALLOWED_HOSTS = list(_GIVEN.hosts)
DATABASES = {"default": _database(_GIVEN.control)}
INSTALLED_APPS = ["django.contrib.contenttypes", "lazaretto.store.people", "lazaretto.store.rows"]
AUTH_USER_MODEL = "people.Account"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
SESSION_ENGINE = "lazaretto.store.people.sessions"
# RFC 6265bis §4.1.3.2: a cookie called so is sent back to this very host alone, over HTTPS.
_PREFIX: Final = "__Host-" if _GIVEN.secure else ""
SESSION_COOKIE_NAME = f"{_PREFIX}lazaretto"
SESSION_COOKIE_SECURE = _GIVEN.secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_PREFIX}lazaretto-form"
CSRF_COOKIE_SECURE = _GIVEN.secure
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "lazaretto.web.shell.errors.forged"
CSRF_TRUSTED_ORIGINS = [_GIVEN.base_url]
LANGUAGE_COOKIE_NAME = f"{_PREFIX}lazaretto-language"
MIDDLEWARE = [
    "lazaretto.web.guarding.Guarding",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "lazaretto.web.shell.callers.Callers",
    "lazaretto.web.shell.errors.Errors",
    "lazaretto.web.api.replaying.Replaying",
]
ROOT_URLCONF = "lazaretto.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": sorted((Path(__file__).parents[1] / "web").rglob("templates")),
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "django.templatetags.tz", "lazaretto.web.shell.tags"],
            "context_processors": ["lazaretto.web.shell.context.shell"],
        },
    }
]
FORM_RENDERER = "lazaretto.web.shell.forms.Renderer"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "lazaretto.web.shell.formats"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("nl", "Nederlands"), ("de", "Deutsch")]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = _GIVEN.max_body
SECURE_CONTENT_TYPE_NOSNIFF = True
# Without any referrer browsers send no Origin with forms either, by which forged ones are known.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if _GIVEN.secure else 0
SILENCED_SYSTEM_CHECKS: list[str] = []
NINJA_PAGINATION_PER_PAGE = 100
LOGGING_CONFIG = None
