"""Campaigns: a clock that jumps by hours. What a run keeps of the clock are the times of files: so that the clock jumps forward
by an hour is that every file there is gets an hour older, and that is what is done to them here: between a run that was
killed and the same command again, and all the while that two runs share a store, with garbage collected in between. What is
measured is measured by another clock: under the shim the one that jumps goes to and fro, and no time in the results knows."""

import csv
import os
import shutil
import signal
import subprocess
import time

from bench import same_results

HOUR_S = 3600
SHIMMED_S = 5 * HOUR_S
JUMPS_S = [hours * HOUR_S for hours in (5, -5, 24 * 40, -24 * 40)]
MORE_STEPS = ("--set", "train.steps=6000", "--set", "train.evaluate_every=500", "--set", "run.save_every=0.05")


def jump(bench, by_s):
    """The clock, forward by so much."""
    for place in (bench.store, bench.output):
        for path in place.rglob("*"):
            try:
                at = path.stat().st_mtime_ns - int(by_s * 1e9)
                os.utime(path, ns=(max(at, 0), max(at, 0)))
            except FileNotFoundError:
                pass  # it was there a moment ago


def begin(bench, output):
    return subprocess.Popen([*bench.command(output), *MORE_STEPS], env=bench.environment({}), cwd=bench.work,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def collect(bench, campaign):
    code, _, said = bench.ask([bench.ltcore, "store", "gc"])
    bench.expect(campaign, f"store gc ends with {code}", code == 0, said)


def undisturbed(bench):
    """Of the longer experiment."""
    bench.clear()
    process = begin(bench, bench.output)
    if process.wait():
        raise SystemExit(f"the undisturbed run fails: {process.stderr.read()}")
    return same_results.contents(bench.output)


def jumps_between(bench, campaign):
    want = undisturbed(bench)
    for by_s in JUMPS_S[:2] if bench.short else JUMPS_S:
        bench.clear()
        process = begin(bench, bench.output)
        while process.poll() is None and not list(bench.store.glob("claims/*")):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        jump(bench, by_s)
        collect(bench, campaign)
        goes_on(bench, campaign, f"{by_s} s", [bench.output], want)


def goes_on(bench, campaign, what, outputs, want, meanwhile=None):
    begun = time.monotonic()
    processes = [begin(bench, output) for output in outputs]
    while meanwhile and any(process.poll() is None for process in processes):
        meanwhile()
    for process, output in zip(processes, outputs):
        _, said = process.communicate(timeout=60)
        bench.judge(campaign, what, process.returncode, said)
        bench.expect(campaign, f"{what}: exit code {process.returncode}", process.returncode == 0, said)
        found = same_results.differences(want, output) if process.returncode == 0 else []
        bench.expect(campaign, f"{what}: other results", not found, "\n".join(found))
        bench.expect(campaign, f"{what}: times", times_are_sound(output, time.monotonic() - begun), "levels.csv")


def times_are_sound(output, took_s):
    with open(output / "levels.csv", newline="") as f:
        return all(0 <= float(row["train_seconds"]) <= took_s for row in csv.DictReader(f))


def jumps_during(bench, campaign):
    want = undisturbed(bench)
    other = bench.work / "other"
    for by_s in JUMPS_S[:2] if bench.short else JUMPS_S:
        bench.clear()
        jumps = []

        def meanwhile():
            time.sleep(0.02)
            jumps.append(-jumps[-1] if jumps else by_s)
            jump(bench, jumps[-1])
            collect(bench, campaign)

        goes_on(bench, campaign, f"{by_s} s and back", [bench.output, other], want, meanwhile)
        bench.expect(campaign, f"{by_s} s: {len(jumps)} jumps are few", len(jumps) > 4, "")
        shutil.rmtree(other)


def clock_goes_to_and_fro(bench, campaign):
    """At every look."""
    begun = time.monotonic()
    bench.clear()
    code, _, said = bench.start(bench.shimmed(LT_FAULT=f"clock,0,{SHIMMED_S}"))
    bench.judge(campaign, "to and fro", code, said)
    bench.expect(campaign, f"exit code {code}", code == 0, said)
    bench.expect(campaign, "times", times_are_sound(bench.output, time.monotonic() - begun), "levels.csv")
    looks = int(bench.fired.read_text().split()[-1])
    bench.expect(campaign, "nobody looked at the clock", looks, said)
    bench.settle(campaign, "to and fro", code)


def campaigns():
    return {"clock jumps between runs": jumps_between, "clock jumps during runs": jumps_during,
            "clock goes to and fro": clock_goes_to_and_fro}
