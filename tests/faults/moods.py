"""Campaigns: the K-th call of each function of a plug-in going wrong, for every K: with an error and a sentence, with an error
and none, with LTC_ECANCELLED though nobody cancelled, and with NaN where it gives numbers."""

import csv
import re

CONFIG = "moody.cfg"
# functions of the plug-ins (moody.c)
FUNCTIONS = ("open", "identity", "plan", "data", "compile", "bind", "put", "get", "ready", "train", "eval", "score", "dataset",
             "info", "read", "build")
NUMBERS = "train", "eval", "score", "read"
AT_WORK = "put", "get", "ready", "train", "eval", "score"  # when a run is under way: only what needs it falls with it
HOW = "error", "silent", "cancelled", "nan"
LEVELS = 5


def more_options(build):
    return ["--set", f'plugins.path=["{build}/tests/moody"]']


def start(bench, mood):
    return bench.start({"LT_MOOD": mood, "LT_MOOD_SEEN": str(bench.fired)})


def count_calls(bench, function):
    bench.clear()
    start(bench, f"{function},0,well")
    return bench.fired.stat().st_size if bench.fired.exists() else 0


def done(bench):
    """Levels that levels.csv calls done."""
    with open(bench.output / "levels.csv", newline="") as f:
        return sum(row["status"] == "done" for row in csv.DictReader(f))


def check_told(bench, campaign, what, function, how, code, out, said):
    """The plug-in is named, with what it said; or the number that is none."""
    wrong = f"{what}: is not told as it was"
    if how == "nan" and function in ("train", "eval"):
        bench.expect(campaign, wrong, code == 0 or "loss is not finite at step" in said, said)
        return
    bench.expect(campaign, wrong, code in (1, 2) and "'moody'" in said, said)
    if how == "error":
        bench.expect(campaign, wrong, "it is Monday" in said, said)
    if function in AT_WORK and code == 1 and (bench.output / "levels.csv").exists():
        failed = re.search(r"(\d+) levels? failed(?:, and (\d+) w)?", said)
        lost = sum(int(n) for n in failed.groups() if n) if failed else 0
        bench.expect(campaign, f"{what}: the rest does not go on", failed and failed.group(1) == "1" and
                     done(bench) == LEVELS - lost, said + out)


def functions_of(how, short):
    """In the short form each function goes wrong in one way, and where it gives numbers by NaN too."""
    if how == "nan":
        return NUMBERS
    return FUNCTIONS[HOW.index(how)::len(HOW) - 1] if short else FUNCTIONS


def goes_wrong(bench, campaign, how):
    for function in functions_of(how, bench.short):
        function_goes_wrong(bench, campaign, function, how)


def function_goes_wrong(bench, campaign, function, how):
    n = count_calls(bench, function)
    bench.expect(campaign, f"{function} is never called", n, "")
    for k in [n // 2 + 1] if bench.short else range(1, n + 1):
        bench.clear()
        code, out, said = start(bench, f"{function},{k},{how}")
        if bench.fired.stat().st_size < k:
            continue  # two workers need more calls or fewer, as it happens
        what = f"{function}, call {k} of {n}"
        bench.judge(campaign, what, code, said)
        check_told(bench, campaign, what, function, how, code, out, said)
        bench.settle(campaign, what, 1 if how == "nan" else code)  # with NaN it is another backend


def campaigns():
    return {f"plug-ins, {how}": lambda b, n, h=how: goes_wrong(b, n, h) for how in HOW}
