# SPDX-License-Identifier: GPL-2.0-or-later
"""Running a command and knowing what it took: wall time, peak memory, bytes read from the device,
instructions."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

SILENT = subprocess.DEVNULL
PATHS = os.environ["PATH"] + ":/usr/sbin:/sbin"


class Cost(NamedTuple):
    """What one run took."""
    seconds: float
    cpu_seconds: float  # of all threads, in user space and in the kernel: what others do moves it less
    memory_kib: float
    read_kib: float  # from the device: nothing when all was in the page cache


def find(name):
    """Where a program is, None when it is not installed."""
    return shutil.which(name, path=PATHS)


def peak_memory_kib(pid):
    """The high-water mark of a running process, 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def measured(command, statuses=(0,)):
    """The Cost of a command, which must end in one of the statuses."""
    with tempfile.TemporaryFile() as words:
        began = time.monotonic()
        child = subprocess.Popen(command, stdin=SILENT, stdout=SILENT, stderr=words)
        memory, ended = 0, (0, 0, None)
        while ended[0] == 0:
            memory = max(memory, peak_memory_kib(child.pid))
            time.sleep(min(0.001 + (time.monotonic() - began) / 50, 0.01))  # looking takes time, too
            ended = os.wait4(child.pid, os.WNOHANG)
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(ended[1])
        if child.returncode not in statuses:
            words.seek(0)
            sys.exit(f"bench: {' '.join(command)}: status {child.returncode}\n{words.read().decode()}")
    used = ended[2]
    return Cost(seconds, used.ru_utime + used.ru_stime, memory, used.ru_inblock / 2)


def median(costs):
    return Cost(*(statistics.median(column) for column in zip(*costs)))


def drop_caches():
    """Root only: the next run reads everything from the device."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("3\n")


def instructions(command):
    """How many a command executes in user space, the same in every run; None without valgrind."""
    if not find("valgrind"):
        return None
    line = [find("valgrind"), "--tool=callgrind", "--callgrind-out-file=/dev/null"] + command
    words = subprocess.run(line, stdin=SILENT, stdout=SILENT, stderr=subprocess.PIPE, check=False).stderr
    found = re.search(r"Collected : (\d+)", words.decode(errors="replace"))
    return int(found[1]) if found else None


def show(name, who, cost, ours=None, tail=""):
    """One line; whoever is not us is compared with `ours`."""
    ratios = ""
    if ours:
        pairs = zip(cost[:3], ours[:3])
        ratios = "".join(f"{theirs / max(mine, 1e-9):9.1f}x" for theirs, mine in pairs)
    print(f"{name:36} {who:11} {cost.seconds:9.3f} s {cost.cpu_seconds:8.3f} s {cost.memory_kib:9.0f} KiB "
          f"{ratios}{tail}", flush=True)
