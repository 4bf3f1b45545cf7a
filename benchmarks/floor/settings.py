"""Settings of the floor: Django with a database, and nothing else."""

from pathlib import Path
from typing import Any

from omnishop import embedded, env

VAR_DIR = Path(env.text("VAR_DIR", str(Path(__file__).parents[2] / "var")))
SECRET_KEY = "not-a-secret"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "benchmarks.floor.urls"
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **embedded.database(VAR_DIR, url=env.text("DATABASE_URL", "")),
        "CONN_MAX_AGE": 60,
    }
}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    }
]
USE_TZ = True
