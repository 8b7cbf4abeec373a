"""The Celery app: a doorbell. The queue of record is PostgreSQL; losing every message here loses nothing."""

import gc
import os
import sys

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chukan.settings.base")

app = Celery("chukan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    result_backend=None,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=200,
    worker_hijack_root_logger=False,
    task_default_queue="interactive",
    task_routes={
        "shikaku.tasks.process_toroku_file": {"queue": "bulk"},
        "fugo.tasks.*": {"queue": "fugo"},
    },
    beat_schedule={
        "purge_setsuzoku": {"task": "chukan.controls.setsuzoku.tasks.purge_setsuzoku", "schedule": 300.0},
        "purge_outbox": {"task": "chukan.kernel.outbox.tasks.purge_outbox", "schedule": 3600.0},
        "resume_stalled_files": {"task": "shikaku.tasks.resume_stalled_files", "schedule": 10.0},
        "erase_expired": {"task": "shikaku.tasks.erase_expired", "schedule": 600.0},
        "erase_left": {"task": "shikaku.tasks.erase_left", "schedule": 60.0},
        "erase_nameless": {"task": "shikaku.tasks.erase_nameless", "schedule": 1800.0},
        "request_of_unheard_blocks": {"task": "fugo.tasks.request_of_unheard_blocks", "schedule": 60.0},
        "request_of_early_members": {
            "task": "fugo.tasks.request_of_early_members",
            "schedule": crontab(hour=0, minute=30),
        },
        "transfer_files": {"task": "fugo.tasks.transfer_files", "schedule": 10.0, "options": {"expires": 10}},
        "deliver_files": {"task": "fugo.tasks.deliver_files", "schedule": 5.0, "options": {"expires": 5}},
        "discard_files": {"task": "fugo.tasks.discard_files", "schedule": 1800.0},
        "extract_saihakko": {
            "task": "fugo.tasks.extract_saihakko_lists",
            "schedule": 10.0,
            "options": {"expires": 10},
        },
        "erase_fugo": {"task": "fugo.tasks.erase_expired", "schedule": crontab(hour=2, minute=45)},
        "erase_staff_slips": {"task": "chukan.controls.kengen.tasks.erase_staff_slips", "schedule": 60.0},
        "erase_seitai": {"task": "chukan.controls.seitai.tasks.erase_seitai", "schedule": crontab(hour=2, minute=15)},
        "erase_hakko": {"task": "pmh.tasks.erase_expired", "schedule": crontab(hour=2, minute=30)},
    },
    timezone="Asia/Tokyo",
    broker_connection_retry_on_startup=True,
)
app.autodiscover_tasks(
    [
        "shikaku",
        "pmh",
        "fugo",
        "chukan.kernel.outbox",
        "chukan.controls.setsuzoku",
        "chukan.controls.kengen",
        "chukan.controls.seitai",
    ]
)


@worker_process_init.connect  # Celery's own start hook of a pool process, not a Django signal
def _refuse_unsafe_role(**_kwargs: object) -> None:
    from chukan.kernel.roles import refuse_unsafe_role  # noqa: PLC0415  # Django is set up by now

    refuse_unsafe_role()
    tune_process()


def tune_process() -> None:
    """Make the process fit for blocks of lines.

    A block makes hundreds of thousands of objects that die together, none of them in a circle: circles are looked for
    seldom. The thread that reads ahead gives way as soon as the database has answered.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(0.0005)
