"""Gunicorn, for the demonstration and for production alike."""

import gc
import os
from pathlib import Path
from typing import Any

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 4)
preload_app = True  # code is loaded once and shared by the workers: less memory, quick restarts
max_requests = 5000  # a worker is renewed now and then, whatever leaks
max_requests_jitter = 1000
timeout = 30  # seconds
graceful_timeout = 5
keepalive = 5
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  heartbeats only
control_socket_disable = True
loglevel = os.environ.get("WEB_LOG_LEVEL") or "warning"
proc_name = "omnishop-web"


def when_ready(_server: Any) -> None:
    """Keep the garbage collector off the loaded code: it would copy the pages workers share."""
    gc.collect()
    gc.freeze()
