#!/usr/bin/env python3
"""Writes python.safetensors with Hugging Face's own package, and prints the digest of test_safetensors.c.

Needs numpy and safetensors; tensors.py DIRECTORY. The digest is computed from its definition in
core/store/tensors.h: the fields of core/util/canon.h, then the data in the order of the names."""
import hashlib
import sys

import numpy
from safetensors.numpy import save_file

NAMES = {"float32": "F32", "float64": "F64", "uint8": "U8", "uint64": "U64", "bool": "U8"}


def field(name, kind, value):
    value = str(value).encode()
    return b"%d:%s %s %d:%s\n" % (len(name), name.encode(), kind, len(value), value)


def digest(tensors):
    names = sorted(tensors, key=str.encode)
    h = hashlib.sha256(field("tensors", b"i", len(names)))
    for name in names:
        v = tensors[name]
        h.update(field("name", b"s", name) + field("type", b"s", NAMES[str(v.dtype)]))
        h.update(field("rank", b"i", v.ndim) + b"".join(field("dim", b"i", n) for n in v.shape))
    for name in names:
        h.update(tensors[name].tobytes())
    return h.hexdigest()


tensors = {
    "z.weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4,
    "a.mask": numpy.array([True, False, True]),
    "steps": numpy.array(1 << 40, dtype=numpy.uint64),
    "loss": numpy.array([[0.5], [-0.0]], dtype=numpy.float64),
    "image": numpy.array([[[[7, 255]]]], dtype=numpy.uint8),
    "none": numpy.zeros((0, 5), dtype=numpy.float32),
}
save_file(tensors, sys.argv[1] + "/python.safetensors", metadata={"made by": "tensors.py", "π": "\"3\""})
print(digest(tensors))
