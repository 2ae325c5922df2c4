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
MIDDLEWARE = [
    "lazaretto.web.guarding.Guarding",
    "django.middleware.security.SecurityMiddleware",
    "lazaretto.web.api.replaying.Replaying",
]
ROOT_URLCONF = "lazaretto.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parents[1] / "web" / "refused" / "templates"],
    }
]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("nl", "Nederlands"), ("de", "Deutsch")]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = _GIVEN.max_body
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if _GIVEN.secure else 0
SILENCED_SYSTEM_CHECKS: list[str] = []
NINJA_PAGINATION_PER_PAGE = 100
LOGGING_CONFIG = None
