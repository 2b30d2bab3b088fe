"""Run a program under limits: `python _limited.py CPU_SECONDS DATA_BYTES FILE_BYTES PROGRAM ARGUMENT...`.

A program of its own, since limits must hold before the compiler's first instruction and for all it starts, and since
code between fork and exec is not safe in a process with threads. DATA rather than AS: node reserves address space freely.
"""

import os
import resource
import sys

LIMITS = (resource.RLIMIT_CPU, resource.RLIMIT_DATA, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)

if __name__ == "__main__":
    for which, asked in zip(LIMITS, [*map(int, sys.argv[1:4]), 0], strict=True):
        _, hard = resource.getrlimit(which)
        resource.setrlimit(which, (asked if hard == resource.RLIM_INFINITY else min(asked, hard), hard))
    os.execv(sys.argv[4], sys.argv[4:])
