"""The one settings module. Everything that differs between places is read from the environment.

`ENVIRONMENT=production` demands its secrets and turns the safeguards on; without it the
project runs by itself: embedded PostgreSQL under `var/`, a generated key, mail in files.
"""

import secrets
from pathlib import Path
from typing import Any

import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from omnishop import embedded, env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

ENVIRONMENT = env.text("ENVIRONMENT", "local")
if ENVIRONMENT not in {"local", "production"}:
    raise ImproperlyConfigured(f"ENVIRONMENT={ENVIRONMENT!r} is neither local nor production.")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.flag("DEBUG", False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG=1 shows secrets to anyone. It is refused in production.")


def _local_secret() -> str:
    """A key of this folder's own, made once and kept in `var/`."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.write_text(secrets.token_urlsafe(64))
        path.chmod(0o600)
    return path.read_text().strip()


SECRET_KEY = env.text("SECRET_KEY") if PRODUCTION else env.text("SECRET_KEY", _local_secret())
# Signs fiscal receipts (POS-9). A key of its own, so that SECRET_KEY may be changed at any time.
FISCAL_KEY = env.text("FISCAL_KEY") if PRODUCTION else env.text("FISCAL_KEY", SECRET_KEY)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])
SITE_URL = env.text("SITE_URL", f"http://localhost:{env.number('PORT', 8000)}").rstrip("/")

INSTALLED_APPS = [
    "omnishop.kernel",
    "omnishop.network",
    "modeltranslation",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
    "customers",
    "catalog",
    "inventory",
    "loyalty",
    "orders",
    "omnishop.privacy",
    "omnishop.reports",
    "omnishop.channels.storefront",
    "omnishop.channels.till",
    "omnishop.channels.care",
    "omnishop.parity",
    "omnishop.channels.api",
    "omnishop.demo",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "health_check",
    "pictures",
    "rest_framework",
    "treebeard",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "omnishop.doors.Overtaken",
    "omnishop.doors.Unreadable",
    "omnishop.doors.Pressed",
    "omnishop.doors.Named",
    "omnishop.doors.BackOfficePolicy",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "omnishop.doors.StaffSecondFactor",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "omnishop.urls"
WSGI_APPLICATION = "omnishop.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "omnishop.channels.storefront.context.navigation",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data ---------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **embedded.database(
            VAR_DIR, url=env.text("DATABASE_URL") if PRODUCTION else env.text("DATABASE_URL", "")
        ),
        "CONN_HEALTH_CHECKS": True,
    }
}
if pool_size := env.number("DATABASE_POOL", 0):
    DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
        "pool": {"min_size": 1, "max_size": pool_size, "timeout": 10}
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.number("DATABASE_MAX_AGE", 0)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": cache_url}
        if (cache_url := env.text("CACHE_URL", ""))
        else {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 2000},
        }
    )
}

MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "media/"
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # What staff bring, such as whole catalogues: never served, shared by web and workers.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "private"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    *("jpg", "jpeg", "png", "gif", "webp", "avif", "woff", "woff2", "gz", "br", "map")
]
IMPORT_MAX_BYTES = env.number("IMPORT_MAX_MB", 200) * 1_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes
PICTURES = {
    "BREAKPOINTS": {"xs": 360, "s": 640, "m": 960},
    "GRID_COLUMNS": 12,
    "CONTAINER_WIDTH": 960,
    "FILE_TYPES": ["AVIF", "WEBP"],
    "PIXEL_DENSITIES": [1, 2],
    "USE_PLACEHOLDERS": False,
    "QUEUE_NAME": "pictures",
    "PICTURE_CLASS": "catalog.pictures.Sized",
    "PROCESSOR": "catalog.pictures.make_now",
}

# --- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "network.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "omnishop.network.backends.StaffBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "storefront:account"
LOGIN_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_ADAPTER = "omnishop.channels.storefront.accounts.AccountAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# Staff must pass a second factor (DESIGN 4); off on a laptop, to be tried in a minute.
STAFF_MFA_REQUIRED = env.flag("STAFF_MFA_REQUIRED", PRODUCTION)
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]

# --- Languages, time ----------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
MODELTRANSLATION_DEFAULT_LANGUAGE = "fr"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("fr", "en")
LOCALE_PATHS = sorted((BASE_DIR / "locale").glob("*/")) if (BASE_DIR / "locale").exists() else []
USE_TZ = True
TIME_ZONE = "Europe/Paris"
CURRENCY = "EUR"
VAT_TERRITORY = "FR"

# --- Work in the background ---------------------------------------------------------------------

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "filesystem://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(VAR_DIR / "broker"),
        "data_folder_out": str(VAR_DIR / "broker"),
        "control_folder": str(VAR_DIR / "broker-control"),
    }
    if CELERY_BROKER_URL.startswith("filesystem:")
    else {}
)
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # every task claims rows and may be repeated
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300  # seconds
CELERY_TIMEZONE = TIME_ZONE

# --- Mail ---------------------------------------------------------------------------------------

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 5  # seconds
# Of django-anymail's back ends: ANYMAIL_POSTMARK_SERVER_TOKEN is its POSTMARK_SERVER_TOKEN. With
# ANYMAIL_WEBHOOK_SECRET ("name:password") providers tell at /api/mail/events/ what became of mails.
# A refusal at once is no error: it stands on the message's row.
ANYMAIL: dict[str, Any] = {"IGNORE_RECIPIENT_STATUS": True} | env.beginning("ANYMAIL_")
SHOP_NAME = env.text("SHOP_NAME", "Grand Air")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{SHOP_NAME} <bonjour@grandair.example>")
# Where customers write to; answers come back to its plus-addresses (docs/service-desk.md).
CARE_EMAIL = env.text("CARE_EMAIL", "service@grandair.example")
CARE_MAIL_SECRET = env.text("CARE_MAIL_SECRET", "")  # of the mail web hook; empty: no such door

# --- SMS and notifications ----------------------------------------------------------------------

# Classes with the methods of `customers.gateways`; these write files.
SMS_GATEWAY = env.text("SMS_GATEWAY", "customers.gateways.SmsFiles")
SMS_FILE_PATH = VAR_DIR / "sms"
SMS_SENDER = env.text("SMS_SENDER", "GrandAir")  # 11 letters and digits at the most
SMS_STOP_NUMBER = env.text("SMS_STOP_NUMBER", "36111")
SMS_SECRET = env.text("SMS_SECRET", "")  # of the web hook of received SMS; empty: no such door
# VAPID, base64url (`manage.py make_push_keys`); nobody is asked for notifications without it.
PUSH_PRIVATE_KEY, PUSH_PUBLIC_KEY = env.push_keys("PUSH_PRIVATE_KEY", "PUSH_PUBLIC_KEY")
PUSH_GATEWAY = env.text(
    "PUSH_GATEWAY",
    "customers.web_push.WebPush" if PUSH_PRIVATE_KEY else "customers.gateways.PushFiles",
)
PUSH_FILE_PATH = VAR_DIR / "push"
PUSH_CONTACT = env.text("PUSH_CONTACT", f"mailto:{CARE_EMAIL}")  # for who runs a push service
# A browser names the address we post to: only those of known push services, and what is below.
PUSH_SERVICES = env.words(
    "PUSH_SERVICES",
    ["fcm.googleapis.com", "push.services.mozilla.com", "notify.windows.com", "push.apple.com"],
)

# --- Payments -----------------------------------------------------------------------------------

PAYMENT_PROVIDER = env.text("PAYMENT_PROVIDER", "sandbox")
PAYMENT_SANDBOX_SECRET = env.text("PAYMENT_SANDBOX_SECRET", SECRET_KEY)

# --- Back office --------------------------------------------------------------------------------

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Omnishop",
    "SITE_HEADER": "Omnishop",
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "omnishop.reports.office.favicon"}
    ],
    "ACCOUNT": {"navigation": "omnishop.reports.office.account"},
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "omnishop.reports.office.dashboard",
    "STYLES": ["omnishop.reports.office.style"],
    "SCRIPTS": ["omnishop.reports.office.script"],
    "COMMAND": {"search_callback": "omnishop.reports.office.palette"},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "omnishop.reports.office.sidebar",
    },
    "COLORS": {  # UX §2: our green and greys
        "primary": {
            "50": "#eef6f4", "100": "#d9ece7", "200": "#b3d9cf", "300": "#8bd0bd",
            "400": "#5fd0b6", "500": "#5fd0b6", "600": "#0b5d4e", "700": "#094e41",
            "800": "#073f35", "900": "#063229", "950": "#041f19",
        },
        "base": {
            "50": "#f6f7f5", "100": "#eef0ec", "200": "#dfe2dd", "300": "#c4cac4",
            "400": "#aab3ae", "500": "#5f6763", "600": "#545b57", "700": "#3c4440",
            "800": "#2a312e", "900": "#141816", "950": "#0e1110",
        },
        "font": {
            "subtle-light": "#545b57", "subtle-dark": "#aab3ae",
            "default-light": "#3c4440", "default-dark": "#dfe2dd",
            "important-light": "#1b1f1d", "important-dark": "#eef1ef",
        },
    },
}  # fmt: skip

# --- API ----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "120/min", "user": "600/min"},
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Omnishop",
    "DESCRIPTION": "Unified commerce: products, availability per store, loyalty.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        name: f"drf_standardized_errors.openapi_serializers.{name}.choices"
        for name in (
            "ValidationErrorEnum",
            "ClientErrorEnum",
            "ServerErrorEnum",
            "ParseErrorCodeEnum",
            *(f"ErrorCode{status}Enum" for status in (401, 403, 404, 405, 406, 415, 429, 500)),
        )
    }
    | {"NullCharactersEnum": ["null_characters_not_allowed"]},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Safety -------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": ["self"],
    "geolocation": ["self"],
    "microphone": [],
    "payment": [],
    "usb": [],
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS: list[str] = []
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# --- Logs ---------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {
        "handlers": ["console"],
        "level": env.text("LOG_LEVEL", "INFO" if PRODUCTION else "WARNING"),
    },
}
# Addresses are personal data: refused sign-ins keep theirs (axes), the proxy's log the others.
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,  # first: most lines of a request go no further
        structlog.contextvars.merge_contextvars,  # request and user of the line
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer()
        if PRODUCTION
        else structlog.processors.LogfmtRenderer(),
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
if sentry_dsn := env.text("SENTRY_DSN", ""):
    import sentry_sdk

    sentry_sdk.init(dsn=sentry_dsn, send_default_pii=False)
