"""Whether a container does its work: `python docker/healthcheck.py web|classify|...`.

Exit status 0 means healthy. What is looked at is the work, not a process id: the web answers,
a Celery worker answers over the broker, beat writes its schedule, the LLM worker's row is fresh.
"""

import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
BEAT_SILENT_S = 600.0  # beat writes its schedule file every three minutes


def web(port: int = 8000) -> bool:
    """The web process answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz/", timeout=4) as answer:
        return bool(answer.status == 200)


def celery_worker(queue: str) -> bool:
    """This container's Celery worker answers a ping that went through the broker."""
    from triage.config.celery import app

    name = f"{queue}@{socket.gethostname()}"
    return bool(app.control.ping(destination=[name], timeout=10))


def beat(schedule: Path) -> bool:
    """Beat has written its schedule file lately."""
    return time.time() - schedule.stat().st_mtime < BEAT_SILENT_S


def llm() -> bool:
    """This container's worker sends heartbeats and its engine is not down."""
    import django

    django.setup()
    from triage.actions.workers import live_workers
    from triage.models import Worker

    mine = live_workers().filter(host=socket.gethostname())
    return bool(mine.exclude(engine_state=Worker.EngineState.DOWN).exists())


def main(part: str) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.config.settings")
    try:
        if part == "web":
            healthy = web()
        elif part == "llm":
            healthy = llm()
        elif part == "beat":
            healthy = beat(Path(os.environ["TRIAGE_VAR_DIR"]) / "celerybeat-schedule")
        else:
            healthy = celery_worker(part)
    except Exception as error:
        print(f"{part}: {type(error).__name__}: {error}", file=sys.stderr)
        healthy = False
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
