#!/usr/bin/env python3
"""A criterion in NumPy: score(w) = |w_final|. In run.cfg:

    prune = { mask = { plugin = "exec"; program = "magnitude.py"; }; ... };

A safetensors file comes in on standard input and goes out on standard output: eight bytes of length, a header in JSON,
the numbers. Only `score` is yours to change: w["init"] and w["final"] are arrays, and so is w["mask"], 1 where alive.
"""
import json
import sys
import numpy as np

TYPES = {"F32": "<f4", "U8": "u1"}


def score(name, w, about):
    return np.abs(w["final"])


def read(data):
    n = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + n])
    about, tensors = header.pop("__metadata__", {}), {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        array = np.frombuffer(data[8 + n + begin:8 + n + end], TYPES[t["dtype"]]).reshape(t["shape"])
        parameter, kind = name.rsplit(".", 1)
        tensors.setdefault(parameter, {})[kind] = array
    return tensors, about


def write(tensors):
    header, at = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(a.tobytes() for a in tensors.values())


tensors, about = read(sys.stdin.buffer.read())
scores = {name: np.ascontiguousarray(score(name, w, about), "<f4") for name, w in tensors.items()}
sys.stdout.buffer.write(write(scores))
