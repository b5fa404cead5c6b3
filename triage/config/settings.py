"""Django settings, derived from the typed environment in `env.py`."""

import os
import warnings

import environ
from django.core.exceptions import ImproperlyConfigured

from triage.config.env import BASE_DIR, INSECURE_SECRET_KEY, read_env

ENV = read_env()
STATIC_ROOT = ENV.var_dir / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # a log is no place for bars
# WhiteNoise reads its (small) files synchronously; nothing to be done about it here.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

SECRET_KEY = ENV.secret_key
DEBUG = False  # errors are shown as pages and problem documents, never as tracebacks
ALLOWED_HOSTS = ENV.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENV.csrf_trusted_origins

if ENV.production and (SECRET_KEY == INSECURE_SECRET_KEY or len(SECRET_KEY) < 32):
    raise ImproperlyConfigured(
        "TRIAGE_PRODUCTION is on, but TRIAGE_SECRET_KEY is missing, the development key or "
        "shorter than 32 characters. Set TRIAGE_SECRET_KEY (or TRIAGE_SECRET_KEY_FILE)."
    )
if ENV.production and ENV.database_url.startswith("sqlite"):
    raise ImproperlyConfigured(
        "TRIAGE_PRODUCTION is on, but DATABASE_URL is SQLite. Point it to PostgreSQL."
    )

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "triage",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "triage.config.middleware.DatabaseOutageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "triage.config.middleware.ContentSecurityPolicyMiddleware",
]

ROOT_URLCONF = "triage.config.urls"
ASGI_APPLICATION = "triage.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": environ.Env.db_url_config(ENV.database_url)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at the start, so a claim cannot fail half way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # Tests on a file too: in memory, threads share a cache and do not wait for each other.
    DATABASES["default"]["TEST"] = {"NAME": ENV.var_dir / "test.sqlite3"}
else:
    DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

if ENV.embedded:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": 1000},
        }
    }
else:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                # A consumer blocks on Redis for five seconds at a time; the client's own time-out
                # must be longer, or every quiet socket is closed.
                "hosts": [{"address": ENV.redis_url, "socket_timeout": 30}],
                "prefix": "semtriage",
                "capacity": 1000,
            },
        }
    }

CELERY_BROKER_URL = ENV.redis_url or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 120  # a new child loads the urgency model first
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "maintenance"
CELERY_TASK_ROUTES = {
    "triage.tasks.classify": {"queue": "classify"},
    "triage.tasks.sweep": {"queue": "maintenance"},
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "triage.tasks.sweep",
        "schedule": ENV.sweep_interval_s,
        # A sweep that waited longer than the next one is worth nothing.
        "options": {"expires": max(ENV.sweep_interval_s, 1.0)},
    },
}
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"polling_interval": 0.01}
    if ENV.embedded
    else {
        "visibility_timeout": 600,  # far above the longest task
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "max_retries": 0,
    }
)

AUTH_USER_MODEL = "triage.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "login"
CSRF_FAILURE_VIEW = "triage.config.errors.csrf_failure"
SESSION_COOKIE_AGE = 12 * 3600  # one shift
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.production
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.production else None
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Found in place: nothing to collect before the first start.
WHITENOISE_USE_FINDERS = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024  # a report is text; its raw payload fits
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "triage.api.authentication.SourceTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["triage.api.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "triage.api.problems.problem_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "SemTriage API",
    "DESCRIPTION": "Intake of incidents, their urgency, and the drafts written for them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "IncidentStatusEnum": "triage.models.incident.Incident.Status",
        "DraftStatusEnum": "triage.models.draft.Draft.Status",
        "UrgencyEnum": "triage.models.levels.Urgency",
        "SexEnum": "triage.models.incident.Incident.Sex",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": ENV.log_level},
    "loggers": {
        name: {"level": level}
        for name, level in {
            # One line a request, or two a task, would bury what matters.
            "uvicorn.access": "WARNING",
            "httpx": "WARNING",
            "celery.worker.strategy": "WARNING",
            "celery.app.trace": "WARNING",
            "vllm": "ERROR",
        }.items()
    },
}
