"""Ends the engine's processes when the process they work for is gone.

After a `kill -9` nobody is left to stop them, and vLLM's own would stay for ever, holding
memory and cores beside the restarted worker's. vLLM imports this module in each of its worker
processes (`worker_extension_cls`), which is what starts the watch.
"""

import contextlib
import os
import signal
import threading

import psutil

OWNER_VARIABLE = "SEMTRIAGE_ENGINE_OWNER_PID"


class Lifeline:
    """Adds nothing to vLLM's worker class: being imported there is all it is for."""


def watch(owner_pid: int) -> None:
    """End this process, and the engine core it belongs to, once `owner_pid` is gone."""
    core_pid = os.getppid()
    threading.Thread(
        target=_wait_and_end, args=(owner_pid, core_pid), name="lifeline", daemon=True
    ).start()


def _wait_and_end(owner_pid: int, core_pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(owner_pid).wait()
    # A worker inside the engine core's own process has no core above it to end.
    if os.getppid() == core_pid and core_pid not in (owner_pid, 1):
        os.kill(core_pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


_owner_pid = int(os.environ.get(OWNER_VARIABLE, "0"))
if _owner_pid and _owner_pid != os.getpid():
    watch(_owner_pid)
