"""Campaigns: a store, or an output directory, that is read-only; a store on another file system than the output; a real disk
that is full, and then is made larger. They mount; where that is refused they say so, and are left out."""

import pathlib
import signal
import subprocess
import tempfile
import time

PAGE = 4096


class Mounted:
    """A file system at a directory for the while."""

    def __init__(self, at, *options):
        self.at, self.options = at, options

    def __enter__(self):
        self.at.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", *self.options, str(self.at)], check=True)
        return self

    def again(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.at)], check=True)

    def __exit__(self, *_):
        subprocess.run(["umount", str(self.at)], check=True)


def memory(at, size):
    return Mounted(at, "-t", "tmpfs", "-o", f"size={size}", "tmpfs")


class ReadOnly(Mounted):
    def __init__(self, at):
        super().__init__(at, "--bind", str(at))

    def __enter__(self):
        super().__enter__()
        self.again("ro,bind")
        return self


def works(bench, campaign, *words):
    code, _, said = bench.ask([bench.ltcore, *words])
    bench.tally[campaign]["unharmed"] += 1
    bench.expect(campaign, f"{' '.join(map(str, words))}: exit code {code}", code == 0, said)


def is_refused(bench, campaign, words, where):
    """By one sentence that names what cannot be written to."""
    code, _, said = bench.ask(words)
    bench.judge(campaign, " ".join(map(str, words[1:])), code, said)
    bench.expect(campaign, f"{words[1:]}: exit code {code}, and not one sentence",
                 code == 1 and said.count("\n") == 1 and "Read-only file system" in said and str(where) in said, said)


def store_is_read_only(bench, campaign):
    bench.clear(stored=True)
    bench.start()
    configured = ("-c", bench.config)
    other = bench.work / "other"
    with ReadOnly(bench.store):
        for words in (("status", bench.output), ("report", bench.output), ("verify", bench.output), ("store", "stats"),
                      ("store", "verify"), ("-n", *configured), ("-n", *configured, "--set", "run.seed=2"),
                      ("eval", bench.output / "tickets/main/t1/l02", *configured)):
            works(bench, campaign, *words)
        is_refused(bench, campaign, bench.command(), bench.store)
        is_refused(bench, campaign, bench.command(other), bench.store)
        is_refused(bench, campaign, [*bench.command(other), "--set", "run.seed=2"], bench.store)
        bench.expect(campaign, "another output was made", not other.exists(), "")
    bench.settle(campaign, "read-only store", 0)


def output_is_read_only(bench, campaign, killed):
    bench.clear()
    if killed:
        leave_half(bench)
    else:
        bench.start()
    with ReadOnly(bench.output):
        works(bench, campaign, "status", bench.output)
        if not killed:
            works(bench, campaign, "show", bench.output / "tickets/main/t1/l02")
            works(bench, campaign, "verify", bench.output)
        is_refused(bench, campaign, [bench.ltcore, "report", bench.output], bench.output)
        is_refused(bench, campaign, bench.command(), bench.output)
    bench.settle(campaign, "read-only output", 1)


def leave_half(bench):
    """A run that was killed while it had results.db open."""
    process = subprocess.Popen(bench.command(), env=bench.environment({}), cwd=bench.work, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    while process.poll() is None and not all((bench.output / f"results.db-{end}").exists() for end in ("wal", "shm")):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()


def systems_differ(bench, campaign, which):
    bench.clear()
    with memory(bench.store if which == "store" else bench.output, "64m"):
        code, _, said = bench.start()
        bench.judge(campaign, which, code, said)
        bench.settle(campaign, which, code)
        bench.expect(campaign, f"exit code {code}", code == 0, said)


def disk_is_small(bench, campaign, which):
    """Of so many bytes; then it has room."""
    total = sum(p.stat().st_size // PAGE + 1 for p in (bench.stored if which == "store" else bench.output).rglob("*"))
    for pages in bench.sample(range(1, total, total // 20 + 1)):
        bench.clear()
        with memory(bench.store if which == "store" else bench.output, pages * PAGE) as disk:
            code, _, said = bench.start()
            what = f"{pages} pages"
            bench.judge(campaign, what, code, said)
            bench.expect(campaign, f"{what}: is told otherwise", code == 0 or "No space left" in said or "full" in said, said)
            disk.again("size=64m")
            bench.settle(campaign, what, code)


def refused():
    """Why nothing can be mounted here; None: it can."""
    with tempfile.TemporaryDirectory() as at:
        try:
            with memory(pathlib.Path(at), "1m"):
                return None
        except (OSError, subprocess.CalledProcessError) as why:
            return str(why)


def campaigns():
    return {
        "read-only store": store_is_read_only,
        "read-only output": lambda b, n: output_is_read_only(b, n, False),
        "read-only output, of a killed run": lambda b, n: output_is_read_only(b, n, True),
        "store on another file system": lambda b, n: systems_differ(b, n, "store"),
        "output on another file system": lambda b, n: systems_differ(b, n, "output"),
        "small disk for the store": lambda b, n: disk_is_small(b, n, "store"),
        "small disk for the output": lambda b, n: disk_is_small(b, n, "output"),
    }
