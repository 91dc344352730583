#!/usr/bin/env python3
"""Writes tests/golden/masks.txt: which weights each criterion keeps on small tensors, by brute force.

    python3 tests/golden/make_masks.py > tests/golden/masks.txt

The network is the tiny one of tests/prune_rig.c: fc1.weight of 12 and fc2.weight of 6. A draw is a set of weights at
both ends of a training and a mask that is already there; every second draw is rounded, so that sizes tie. Each line
`mask CASE BITS` is what the case keeps of the draw. Nothing here is how ltcore computes it: counts are by definition,
O(n^2), in Python's own floats.
"""
import math
import random

SIZES = (12, 6)
DRAWS = 16
RATE = 0.4


def f32(x):
    return float.fromhex(float(x).hex()) if x == 0 else math.ldexp(round(math.ldexp(math.frexp(x)[0], 24)), math.frexp(x)[1] - 24)


def draw(rng, rounded):
    def weight():
        x = rng.gauss(0, 1)
        return float(round(2 * x)) / 2 if rounded else f32(x)
    n = sum(SIZES)
    return {"init": [weight() for _ in range(n)], "final": [weight() for _ in range(n)],
            "alive": [int(rng.random() < 0.85) for _ in range(n)]}


def pools(scope):
    layers = [list(range(SIZES[0])), list(range(SIZES[0], sum(SIZES)))]
    return layers if scope == "layer" else [layers[0] + layers[1]]


def sign(x):
    return (x > 0) - (x < 0)


def meets(d, i, signs):
    same = sign(d["init"][i]) == sign(d["final"][i])
    return signs == "any" or same == (signs == "same")


def cut(d, score, scope, signs="any"):
    """Of each pool the round-half-even(rate alive) lowest go: by the condition, the score, then by order."""
    mask = list(d["alive"])
    for pool in pools(scope):
        alive = [i for i in pool if d["alive"][i]]
        order = sorted(alive, key=lambda i: (meets(d, i, signs), score(i, alive), i))
        for i in order[:round(RATE * len(alive))]:
            mask[i] = 0
    return mask


def reached(values, x):
    return sum(v <= x for v in values)


def two_sided(d, side):
    def score(i, alive):
        both = [reached([side * abs(d[w][j]) for j in alive], side * abs(d[w][i])) for w in ("init", "final")]
        return min(both)
    return score


def lamp(d):
    def score(i, alive):
        layer = range(SIZES[0]) if i < SIZES[0] else range(SIZES[0], sum(SIZES))
        rest = [d["final"][j] ** 2 for j in layer if d["alive"][j] and abs(d["final"][j]) >= abs(d["final"][i])]
        return d["final"][i] ** 2 / sum(rest) if d["final"][i] else 0.0
    return score


def std_threshold(d, q):
    mask = []
    for layer in pools("layer"):
        w = [d["final"][i] for i in layer if d["alive"][i]]
        mean = sum(w) / len(w)
        s = math.sqrt(sum((x - mean) ** 2 for x in w) / len(w))
        mask += [int(d["alive"][i] and abs(d["final"][i]) > q * s) for i in layer]
    return mask


SCORES = {
    "magnitude": lambda i, f: abs(f), "small-final": lambda i, f: -abs(f), "large-init": lambda i, f: abs(i),
    "small-init": lambda i, f: -abs(i), "magnitude-increase": lambda i, f: abs(f) - abs(i),
    "distance-moved": lambda i, f: abs(f - i),
}


def cases(d):
    for scope in ("layer", "global"):
        for signs in ("any", "same", "different"):
            for name, of in SCORES.items():
                yield f"{name}/{signs}/{scope}", cut(d, lambda i, _: of(d["init"][i], d["final"][i]), scope, signs)
            for name, side in (("large-init-large-final", 1), ("small-init-small-final", -1)):
                yield f"{name}/{signs}/{scope}", cut(d, two_sided(d, side), scope, signs)
        yield f"lamp/any/{scope}", cut(d, lamp(d), scope)
    for signs in ("same", "different"):
        yield f"sign/{signs}/layer", [a and int(meets(d, i, signs)) for i, a in enumerate(d["alive"])]
    yield "std-threshold/any/layer", std_threshold(d, 0.75)


def main():
    rng = random.Random(20260101)
    for k in range(DRAWS):
        d = draw(rng, k % 2)
        print("draw", k)
        print("alive", "".join(map(str, d["alive"])))
        for what in ("init", "final"):
            print(what, *(x.hex() for x in d[what]))
        for name, mask in cases(d):
            print("mask", name, "".join(map(str, mask)))


if __name__ == "__main__":
    main()
