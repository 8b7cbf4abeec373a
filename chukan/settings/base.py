"""Every setting, secure by default; production is this file plus its environment."""

from pathlib import Path

from chukan.settings import env, limits, logs
from chukan.settings.limits import *

BASE_DIR = Path(__file__).resolve().parent.parent.parent
CHUKAN_HOME = env.home()
CHUKAN_MODE = env.choice("CHUKAN_MODE")
CHUKAN_ROLE = env.text("CHUKAN_ROLE")
CHUKAN_KANKYO = env.text("CHUKAN_KANKYO")
# For proofs alone (chukan/kernel/crash_points.py): 本番 has none, whatever its environment says.
CHUKAN_CRASH_AT = "" if CHUKAN_MODE == env.PRODUCTION else env.text("CHUKAN_CRASH_AT")
CHUKAN_TLS = env.flag("CHUKAN_TLS")
CHUKAN_PORT = env.number("CHUKAN_PORT")
CHUKAN_RATE_PER_CLIENT = env.number("CHUKAN_RATE_PER_CLIENT")
CHUKAN_ONSHI_URL = env.partner_url("CHUKAN_ONSHI_URL")
CHUKAN_NWS_URL = env.partner_url("CHUKAN_NWS_URL")
CHUKAN_JUKI_URL = env.partner_url("CHUKAN_JUKI_URL")
# 生体認証 is bound to the name in the address bar: localhost, or a name with TLS. An IP address can have none.
SEITAI_ORIGINS = env.words("CHUKAN_SEITAI_ORIGIN") or [f"http://localhost:{CHUKAN_PORT}"]
SEITAI_RP_ID = env.host_of(SEITAI_ORIGINS[0])
SEITAI_MODELS = [model.lower() for model in env.words("CHUKAN_SEITAI_KISHU")]
SEITAI_ROOTS = env.text("CHUKAN_SEITAI_ROOTS")

DEBUG = False
SECRET_KEY = env.secret_key()
ALLOWED_HOSTS = env.words("CHUKAN_ALLOWED_HOSTS")
ROOT_URLCONF = "chukan.urls"
WSGI_APPLICATION = "chukan.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "shokuin.Account"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "chukan.kernel",
    "chukan.kernel.crypto",
    "chukan.kernel.outbox",
    "chukan.controls.kikan",
    "chukan.controls.sosa_log",
    "chukan.controls.setsuzoku",
    "chukan.controls.shokuin",
    "chukan.controls.kengen",
    "chukan.controls.kukaku",
    "chukan.controls.seitai",
    "chukan.controls.shonin",
    "chukan.controls.uketsuke",
    "shikaku",
    "pmh",
    "fugo",
    "kiroku",
    "honnin",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chukan.kernel.http.middleware.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chukan.controls.shokuin.views.middleware.StaffSessionMiddleware",
    "chukan.kernel.http.middleware.ErrorMiddleware",
    "chukan.controls.kengen.views.guard.GuardMiddleware",  # closed unless a view says who may open it
    "django.middleware.csrf.CsrfViewMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "chukan.controls.kengen.views.context.page",
            ]
        },
    }
]


def _connection(role: str, *, pool: bool = False) -> dict[str, object]:
    """Return Django's settings for connecting as one database role."""
    own = env.text(f"CHUKAN_DATABASE_URL_{role.upper()}")
    parsed = env.parse_database_url(own or env.database_url())
    sslmode = parsed.pop("SSLMODE")
    timeout = "10s" if role in {"web", "operator"} else "60s"
    settings = f"-c lock_timeout={'10s' if role == 'worker' else '5s'} -c statement_timeout={timeout}"
    if role == "migrator":
        settings = "-c role=chukan_owner -c lock_timeout=10s"
    elif not own:
        parsed |= {"USER": f"chukan_{role}", "PASSWORD": env.role_password(role)}
    options: dict[str, object] = {
        "options": f"{settings} -c idle_in_transaction_session_timeout=120s",
        "server_side_binding": True,
        # A statement is prepared where it asks for it (the operation log's), never by being frequent: plans that were
        # made for few values are not kept for many.
        "prepare_threshold": 1_000_000_000,
        "application_name": f"chukan_{role}",
    }
    if sslmode:
        options["sslmode"] = sslmode
    if pool:
        options["pool"] = {"min_size": 1, "max_size": 10, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0 if pool else None,
        "CONN_HEALTH_CHECKS": not pool,
        "OPTIONS": options,
        "ATOMIC_REQUESTS": False,
        **parsed,
    }


DATABASES = {
    "default": _connection(CHUKAN_ROLE, pool=CHUKAN_ROLE == "web"),
    "operator": _connection("operator", pool=CHUKAN_ROLE == "web"),
}

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語")]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = CHUKAN_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = limits.BODY_MAX
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
SESSION_COOKIE_NAME = "__Host-chukan" if CHUKAN_TLS else "chukan"
SESSION_COOKIE_SECURE = CHUKAN_TLS
CSRF_COOKIE_NAME = "__Host-chukan-csrf" if CHUKAN_TLS else "chukan-csrf"
CSRF_COOKIE_SECURE = CHUKAN_TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "chukan.kernel.http.problems.csrf_failure"
SECURE_SSL_REDIRECT = CHUKAN_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CHUKAN_TLS else None
SECURE_HSTS_SECONDS = 31536000 if CHUKAN_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_CONTENT_TYPE_NOSNIFF = True
# `no-referrer` would make browsers send `Origin: null` and Django refuse every form.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "医療保険者等向け中間サーバー 接続仕様",
    "DESCRIPTION": "接続システム（既存システム、国保情報集約、オンライン資格確認等システム）が呼ぶ宛先と電文の形。",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chukan.controls.setsuzoku.schema.close_requests",
    ],
    "SERVE_INCLUDE_SCHEMA": False,
}
CHUKAN_SUBSCRIPTIONS = "chukan.subscriptions.SUBSCRIPTIONS"
CHUKAN_CONFIRMING = "chukan.subscriptions.CONFIRMING"
CELERY_BROKER_URL = env.redis_url()
LOGGING_CONFIG = None
logs.configure()
