"""Campaigns: the K-th call of write, fsync, rename, open, ... failing, for every K until no call is left (of each, in a run
that begins and in one that finds everything stored); the same for memory and threads; a disk that is full after N bytes, by
ENOSPC, EDQUOT and the limit on a file's size; a limit on memory."""

import errno
import resource

# function of the shim: the errno it fails with
CALLS = {
    "write": errno.ENOSPC, "fsync": errno.EIO, "rename": errno.EIO, "open": errno.EMFILE, "mkdir": errno.ENOSPC,
    "close": errno.EIO, "read": errno.EIO, "stat": errno.EACCES, "unlink": errno.EPERM, "ftruncate": errno.EIO,
    "flock": errno.ENOLCK, "malloc": errno.ENOMEM, "malloc_lib": errno.ENOMEM, "thread": errno.EAGAIN,
}
STRIDE = {"malloc_lib": 17}  # of the full form, where a library makes most of the calls
PAGE = 4096
MIB = 1 << 20
SHORT = 3


def start(bench, fault):
    return bench.start(bench.shimmed(LT_FAULT=fault))


def count_calls(bench, function, stored):
    bench.clear(stored)
    start(bench, f"{function},0,{CALLS[function]}")
    return int(bench.fired.read_text().split()[-1])


def calls_fail(bench, campaign, function, stored, and_after):
    """The K-th call, for K = 1, 2, 3, ...; from the K-th on with and_after."""
    k = step = max(1, count_calls(bench, function, stored) // SHORT) if bench.short else STRIDE.get(function, 1)
    while True:
        bench.clear(stored)
        code, _, said = start(bench, f"{function},{k}{'+' if and_after else ''},{CALLS[function]}")
        if not bench.fired.exists():
            return
        what = bench.fired.read_text().strip().replace(str(bench.work), "")
        bench.judge(campaign, what, code, said)
        bench.settle(campaign, what, code)
        k += step


def disk_is_full(bench, campaign, why):
    """After N bytes of all that is written."""
    total = sum(p.stat().st_size for p in bench.work.rglob("*") if p.is_file())
    for n in range(0, total, total // (SHORT if bench.short else 200) + 1):
        bench.clear()
        code, _, said = start(bench, f"bytes,{n},{why}")
        bench.judge(campaign, f"{n} bytes", code, said)
        bench.settle(campaign, f"{n} bytes", code)


def files_are_limited(bench, campaign):
    """RLIMIT_FSIZE, whose signal kills by default. What is too large for it is told as a full disk is."""
    largest = max(p.stat().st_size for p in bench.stored.rglob("*") if p.is_file())
    sizes = [1, largest - 1, 40000] if bench.short else [1, 100, PAGE, largest // 2, largest - 1, 40000]
    for n in sizes:
        bench.clear()
        code, _, said = bench.start(limit=n)
        bench.judge(campaign, f"{n} bytes", code, said)
        bench.settle(campaign, f"{n} bytes", code)


def memory_is_limited(bench, campaign):
    """RLIMIT_AS (ulimit -v), from what a dry run needs to what the run needs."""
    works = lambda n, *more: bench.start(limit=n, more=more, of=resource.RLIMIT_AS)[0] == 0
    least = next(n for n in range(MIB, 4096 * MIB, MIB) if works(n, "-n"))
    bench.clear()
    most = next(n for n in range(least, 4096 * MIB, 8 * MIB) if (bench.clear(), works(n))[1])
    for n in range(least, most + MIB, (most - least) // (SHORT if bench.short else 200) + 1):
        bench.clear()
        code, _, said = bench.start(limit=n, of=resource.RLIMIT_AS)
        bench.judge(campaign, f"{n} bytes", code, said)
        bench.settle(campaign, f"{n} bytes", code)


def campaigns():
    """Name: what to call."""
    all_of_them = {}
    for function in CALLS:
        for stored in (False, True):
            name = f"{function}{', all stored' if stored else ''}"
            all_of_them[name] = lambda b, n, f=function, s=stored: calls_fail(b, n, f, s, False)
    for function in ("write", "fsync", "open", "malloc"):
        all_of_them[f"{function}, and after"] = lambda b, n, f=function: calls_fail(b, n, f, False, True)
    for why in ("ENOSPC", "EDQUOT"):
        all_of_them[f"full disk, {why}"] = lambda b, n, w=why: disk_is_full(b, n, getattr(errno, w))
    all_of_them["file size limit"] = files_are_limited
    all_of_them["memory limit"] = memory_is_limited
    return all_of_them
