"""All settings of Frontdesk, read from the environment by typed readers.

`.env.example` lists every variable. Whatever is read but makes no sense is reported by
`config/checks.py` with an id and a hint, never by a traceback at import.
"""

import os
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = BASE_DIR / "var"  # the embedded database, uploads and the development key

environ.Env.read_env(BASE_DIR / ".env")  # what the process has in its environment goes before it
env = Environment(os.environ)

# --- Who and where we are -------------------------------------------------------------------
DEBUG: bool = env.flag("DEBUG")
DATABASE_URL: str = env.text("DATABASE_URL")
REDIS_URL: str = env.redis("REDIS_URL")
EMBEDDED: bool = env.flag("FRONTDESK_EMBEDDED")  # bin/run sets it: one process serves everything
PORT: int = env.number("PORT", 8000)
CLINIC_NAME: str = env.text("CLINIC_NAME", "Frontdesk Clinic")  # above the door, in messages
BASE_URL: str = env.text("BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS: list[str] = env.listing("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
BEHIND_HTTPS: bool = BASE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if "://" in BASE_URL else []

SECRET_KEY: str = env.text("SECRET_KEY")
DEVELOPMENT_KEY_FILE = STATE_DIR / "secret_key"  # bin/run makes it; it never serves a real clinic
if not SECRET_KEY and not DATABASE_URL and not BEHIND_HTTPS and DEVELOPMENT_KEY_FILE.exists():
    SECRET_KEY = DEVELOPMENT_KEY_FILE.read_text().strip()
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. bin/run makes one for the embedded default; in production put a "
        "long random value into the environment: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )

# --- Apps -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "daphne",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "import_export",
    "phonenumber_field",
    "rest_framework",
    "django_filters",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "config",
    "accounts",
    "scheduling",
    "queueing",
    "payments",
    "notifications",
]

MIDDLEWARE = [
    "accounts.middleware.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.PermissionsPolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.middleware.BodyLimitMiddleware",
    "config.middleware.PlainTextMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.languages.LanguageMiddleware",
    "accounts.middleware.SessionRules",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.AccountAscription",
    "axes.middleware.AxesMiddleware",
    "config.back_office.BackOfficeMiddleware",
]

if EMBEDDED:  # behind a proxy, the proxy compresses
    MIDDLEWARE.insert(1, "django.middleware.gzip.GZipMiddleware")

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
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
                "csp.context_processors.nonce",
            ],
        },
    }
]

# --- Database -------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_POOL: bool = env.flag("DATABASE_POOL")  # web processes only: a pool does not survive a fork
WEB_PROCESSES: int = env.number("GRANIAN_WORKERS", 1, at_least=1)  # granian's own variable
DATABASE_POOL_SIZE: int = env.number("DATABASE_POOL_SIZE", 8, at_least=2)

if DATABASE_URL:
    DATABASES: dict[str, dict[str, Any]] = {"default": env.database("DATABASE_URL")}
    DATABASES["default"].setdefault("OPTIONS", {})
    if DATABASE_POOL:
        DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": DATABASE_POOL_SIZE, "timeout": 5}
    else:
        DATABASES["default"]["CONN_MAX_AGE"] = 60
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": env.text("SQLITE_PATH", str(STATE_DIR / "frontdesk.sqlite3")),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # IMMEDIATE: a writer waits at BEGIN, never fails half way through; WAL: readers never wait.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                    "PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY"
                ),
            },
        }
    }

# --- Cache and live updates -----------------------------------------------------------------
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "config.caches.ExpendableRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 20_000},  # one for each person and address that the API counts
        }
    }
CACHES["unused"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
LIVE_UPDATES: bool = env.flag("LIVE_UPDATES", default=True)

# --- Periodic jobs --------------------------------------------------------------------------
WORKER_TASK_SECONDS: int = env.number("WORKER_TASK_SECONDS", 60, at_least=3)  # how long a job may take at one go
Q_CLUSTER = {
    "name": "frontdesk",
    "orm": "default",  # tasks lie in the database: Redis may go away, and loses those that run when a worker dies
    "workers": 2,
    "queue_limit": 1,
    "bulk": 1,
    "poll": 0.5,
    "timeout": WORKER_TASK_SECONDS,
    "retry": WORKER_TASK_SECONDS * 2,
    "max_attempts": 3,
    "ack_failures": False,
    "catch_up": False,
    "save_limit": 500,
    "cache": "unused",  # it writes figures there twice a second, which nobody reads
}

# --- Sign-in and sessions -------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "accounts.backends.UnprovenRegistrations",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "scheduling:me"
LOGOUT_REDIRECT_URL = "scheduling:home"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = BEHIND_HTTPS
CSRF_COOKIE_SECURE = BEHIND_HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60  # patients; staff are signed out when idle
STAFF_IDLE_SECONDS: int = env.number("STAFF_IDLE_SECONDS", 15 * 60)
STAFF_NEED_SECOND_FACTOR: bool = env.flag("STAFF_NEED_SECOND_FACTOR")
TRUSTED_PROXY_COUNT: int = env.number("TRUSTED_PROXY_COUNT", 0)  # how many reverse proxies of ours stand in front

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*"]  # our form asks for one of the first two
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.RegistrationForm",
    "request_login_code": "accounts.forms.RequestCodeForm",
    "confirm_login_code": "accounts.forms.CodeForm",
    "confirm_email_verification_code": "accounts.forms.EmailCodeForm",
    "verify_phone": "accounts.forms.PhoneCodeForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
# Registering shows the same page whether or not the address is taken; only its mailbox learns which. That needs
# the address to be proven before the first sign-in.
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # here; Django ends the others, whose sessions carry the old password's hash
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
# Per process, a first hurdle; django-axes and AttemptCounter count in the database.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "30/m/ip,10/5m/key",
    "signup": "20/m/ip",
    "request_login_code": None,
    "confirm_email": "1/10s/key",
    "verify_phone": "1/30s/key,10/m/ip",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = CLINIC_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# Guesses are counted for the person and the address together: whoever guesses locks out only themselves.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "accounts.adapter.login_of"
AXES_CLIENT_IP_CALLABLE = "accounts.adapter.address_of"
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_DISABLE_ACCESS_LOG = True  # the audit trail notes who signs in
AXES_ENABLE_ADMIN = False
AXES_SENSITIVE_PARAMETERS = ["login", "username", "password"]
AXES_VERBOSE = False

# --- REST API -------------------------------------------------------------------------------
API_REQUESTS_PER_MINUTE: int = env.number("API_REQUESTS_PER_MINUTE", 600)  # of somebody signed in; 0 does not count
API_ANONYMOUS_REQUESTS_PER_MINUTE: int = env.number("API_ANONYMOUS_REQUESTS_PER_MINUTE", 240)  # of a network address
API_BODY_BYTES = 1024 * 1024
CORS_ALLOWED_ORIGINS: list[str] = env.listing("CORS_ALLOWED_ORIGINS")  # nobody's scripts but our own, unless named
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "frontdesk-background",
    "frontdesk-secret",
    "x-csrftoken",
)
CORS_EXPOSE_HEADERS = ("etag", "idempotent-replayed", "location", "retry-after")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.BearerAuthentication",  # first: its challenge goes out with a 401
        "accounts.api.authentication.PagesSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.Nobody"],  # every view names its own
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.throttling.PerPerson", "accounts.api.throttling.PerAddress"],
    "DEFAULT_PAGINATION_CLASS": "accounts.api.pagination.Cursor",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.Operation",
    "EXCEPTION_HANDLER": "accounts.api.errors.answer",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": 0,  # TrustedProxies has put the client's address into REMOTE_ADDR
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Frontdesk",
    "DESCRIPTION": "Everything a page of the clinic can do, for programs. docs/api.md tells how.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "accounts.api.schema.strict_bodies",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ErrorTypeEnum": "accounts.api.errors.Trouble",
        "AppointmentStatusEnum": "scheduling.states.AppointmentStatus",
        "AppointmentTypeEnum": "scheduling.states.AppointmentType",
        "WaitlistStatusEnum": "scheduling.states.WaitlistStatus",
        "SourceEnum": "scheduling.states.Source",
        "DoctorStatusEnum": "queueing.states.DoctorStatus",
        "TokenStatusEnum": "queueing.states.TokenStatus",
        "EmergencySourceEnum": "queueing.states.EmergencySource",
        "PaymentStatusEnum": "payments.states.PaymentStatus",
        "RefundStatusEnum": "payments.states.RefundStatus",
        "RefundReasonEnum": "payments.states.RefundReason",
        "AccountStatusEnum": "payments.states.AccountStatus",
        "EntryKindEnum": "payments.states.EntryKind",
        "MessageKindEnum": "notifications.states.Kind",
    },
    "SORT_OPERATIONS": False,
}

# --- Languages and time ---------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"  # storage and computation; what people see is in their clinic's zone
DEFAULT_TIME_ZONE: str = env.text("DEFAULT_TIME_ZONE", "Europe/London")
DEFAULT_CURRENCY: str = env.text("DEFAULT_CURRENCY", "GBP")
PHONENUMBER_DEFAULT_REGION: str = env.text("DEFAULT_PHONE_REGION", "GB")
PHONENUMBER_DB_FORMAT = "E164"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("hi", "हिन्दी"), ("es", "Español"), ("ar", "العربية")]  # each by its own name
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = BEHIND_HTTPS
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Files ----------------------------------------------------------------------------------
STATIC_URL = "static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [BASE_DIR / "static"]
if EMBEDDED or DEBUG:
    STATIC_ROOT = None
    WHITENOISE_USE_FINDERS = True  # straight from the apps: nobody has to collect anything
else:
    STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
    # The name carries a hash of the content, so browsers may keep the file for ever.
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(STATE_DIR / "media")))
MAX_BODY_BYTES = 6 * 1024 * 1024  # a photograph fits; what announces more is refused unread
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Messages -------------------------------------------------------------------------------
vars().update(env.mail("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.text("DEFAULT_FROM_EMAIL", "Frontdesk <frontdesk@localhost>")
TWILIO_ACCOUNT_SID: str = env.text("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN: str = env.text("TWILIO_AUTH_TOKEN")
TWILIO_PHONE_NUMBER: str = env.text("TWILIO_PHONE_NUMBER")
TWILIO_API_BASE: str = env.text("TWILIO_API_BASE")
VAPID_PRIVATE_KEY: str = env.text("VAPID_PRIVATE_KEY")
VAPID_PUBLIC_KEY: str = env.text("VAPID_PUBLIC_KEY")
VAPID_SUBJECT: str = env.text("VAPID_SUBJECT", f"mailto:{parseaddr(DEFAULT_FROM_EMAIL)[1]}")
VAPID_KEYS_FILE = STATE_DIR / "vapid_keys"  # bin/run makes a pair, so that push can be tried on this machine
if not (VAPID_PRIVATE_KEY or VAPID_PUBLIC_KEY or DATABASE_URL) and VAPID_KEYS_FILE.exists():
    VAPID_PRIVATE_KEY, _space, VAPID_PUBLIC_KEY = VAPID_KEYS_FILE.read_text().strip().partition(" ")
PUSH_TO_PRIVATE_ADDRESSES: bool = env.flag("PUSH_TO_PRIVATE_ADDRESSES")  # of tests: browsers say where these are

# --- Payments -------------------------------------------------------------------------------
PAYMENTS_SANDBOX: bool = env.flag("PAYMENTS_SANDBOX", default=EMBEDDED or DEBUG)  # a provider without real money
UPI_VPA: str = env.text("UPI_VPA")
STRIPE_SECRET_KEY: str = env.text("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET: str = env.text("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE: str = env.text("STRIPE_API_BASE").rstrip("/")
RAZORPAY_KEY_ID: str = env.text("RAZORPAY_KEY_ID")
RAZORPAY_KEY_SECRET: str = env.text("RAZORPAY_KEY_SECRET")
RAZORPAY_WEBHOOK_SECRET: str = env.text("RAZORPAY_WEBHOOK_SECRET")
RAZORPAY_API_BASE: str = env.text("RAZORPAY_API_BASE").rstrip("/")

# --- Limits ---------------------------------------------------------------------------------
# How many seats one network address may take within ten minutes; 0 does not count (for measuring).
HOLDS_PER_ADDRESS: int = env.number("HOLDS_PER_ADDRESS", 60)
# How often programs of one network address may register somebody, sign somebody in, or enter or ask for a code, within
# ten minutes; 0 does not count.
REGISTRATIONS_PER_ADDRESS: int = env.number("REGISTRATIONS_PER_ADDRESS", 60)
SIGN_INS_PER_ADDRESS: int = env.number("SIGN_INS_PER_ADDRESS", 600)
CODES_PER_ADDRESS: int = env.number("CODES_PER_ADDRESS", 60)
# How many live connections a network address, and a person who signed in, may have at once; 0 does not count.
SOCKETS_PER_ADDRESS: int = env.number("SOCKETS_PER_ADDRESS", 2000)
SOCKETS_PER_PERSON: int = env.number("SOCKETS_PER_PERSON", 30)

# --- Hardening ------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = BEHIND_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_HTTPS
SECURE_HSTS_PRELOAD = BEHIND_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_LEVEL: str = env.choice("LOG_LEVEL", "WARNING" if EMBEDDED else "INFO", LOG_LEVELS)
# --- Back office ----------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": _("Frontdesk"),
    "SITE_HEADER": _("Frontdesk"),
    "SITE_SUBHEADER": _("Back office"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "calendar_month",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "ENVIRONMENT": "config.back_office.environment",
    "DASHBOARD_CALLBACK": "config.back_office.dashboard",
    "STYLES": [lambda request: static("frontdesk/back_office.css")],
    "SCRIPTS": [lambda request: static("frontdesk/back_office.js")],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("frontdesk/bell.svg")}],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "oklch(97% .012 318)",
            "100": "oklch(94% .03 318)",
            "200": "oklch(88% .055 318)",
            "300": "oklch(80% .09 318)",
            "400": "oklch(68% .13 318)",
            "500": "oklch(55% .13 318)",
            "600": "oklch(40% .115 318)",
            "700": "oklch(35% .105 318)",
            "800": "oklch(31% .09 318)",
            "900": "oklch(27% .075 318)",
            "950": "oklch(20% .055 318)",
        },
        "font": {
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-300)",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-200)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "SIDEBAR": {"show_search": True, "navigation": "config.back_office.menu"},
}
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "config.logs.SecretsHidden",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "axes": {"level": "WARNING"},
        "django-q": {"level": "DEBUG" if LOG_LEVEL == "DEBUG" else "WARNING"},  # else six lines for each task
        # Both write the addresses of requests, and with them telephone numbers.
        "twilio": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},  # writes whole requests and answers
        # Visitors' mistakes (404, a body too large) are no news on somebody's own console; our own (500) are.
        "django.request": {"level": "ERROR" if EMBEDDED else LOG_LEVEL},
        "django.security": {"level": "CRITICAL" if EMBEDDED else LOG_LEVEL},
    },
}

ENVIRONMENT_PROBLEMS = env.problems
