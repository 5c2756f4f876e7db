"""The JVM beneath the engine: whether it answers, and what happens when it ends by itself.

An engine without its JVM is of no use: the process ends, and the workspace starts another one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from py4j.java_gateway import JavaClass, JavaPackage, JVMView
from pyspark import SparkContext
from pyspark.sql import SparkSession

# Of this process when its JVM has ended; the workspace reports the last line of the log beside it.
ENDED_STATUS = 70

_ending = threading.Event()


def of(session: SparkSession) -> Any:
    """The classes of the JVM; PySpark's own type says that there may be none, which holds for Spark Connect only."""
    return session._jvm


def keep_names() -> None:
    """The JVM's packages and classes are asked for once: py4j asks again at each use, where a name that is a package
    is looked for as a class in every jar."""
    _keep(JVMView)
    _keep(JavaPackage)


def _keep(owner: Any) -> None:
    find = owner.__getattr__

    def kept(self: Any, name: str) -> Any:
        found = find(self, name)
        if isinstance(found, JavaPackage | JavaClass):
            self.__dict__[name] = found
        return found

    owner.__getattr__ = kept


def _process() -> subprocess.Popen[bytes] | None:
    return getattr(SparkContext._gateway, "proc", None)


def decoded_name(part: str) -> str:
    """A part of a name as users gave it, from how Spark's session catalog keeps it."""
    classes: Any = SparkContext._jvm
    return part if classes is None else classes.lakehouse.catalog.Names.decode(part)


def watch() -> None:
    """Ends this process as soon as its JVM ends: killed, out of memory, or by System.exit in user code."""
    process = _process()
    if process is None:
        return

    def wait() -> None:
        status = process.wait()
        if _ending.is_set():
            return
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        print(f"engine: the JVM {how}", file=sys.stderr, flush=True)
        os._exit(ENDED_STATUS)

    threading.Thread(target=wait, name="jvm", daemon=True).start()


def answers() -> None:
    """Returns when the JVM has answered a call; at once where there is none yet."""
    jvm = SparkContext._jvm
    if jvm is not None:
        jvm.java.lang.System.currentTimeMillis()


def hold_if_gone() -> None:
    """Does not return when the JVM has ended: what failed for that has no answer, the end of the engine says why."""
    try:
        answers()
    except Exception:
        time.sleep(10)  # `watch` ends the process as soon as the system reports the JVM's end


def end(status: int = 0) -> None:
    """Ends the process and its JVM whatever they do: commits are atomic, and the workspace keeps the state."""
    _ending.set()
    process = _process()
    if process is not None:
        process.kill()
    os._exit(status)
