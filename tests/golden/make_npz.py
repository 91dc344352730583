#!/usr/bin/env python3
"""Writes the archives of golden/npz, which test_npz.c reads, with NumPy. make_npz.py [DIRECTORY]

Element i of samples, counted as they lie in N, H, W, C or N, F, is 37 i mod 101, minus 50 and over 8 if it is a
floating-point number, so that every width holds it. Label i is i mod 3. Prints what float64 is rounded to."""
import io
import os
import sys
import zipfile

import numpy

DIRECTORY = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "npz")
N_TRAIN, N_VALIDATION, N_TEST = 7, 2, 4


def samples(n, shape, dtype):
    i = numpy.arange(n * numpy.prod(shape)) * 37 % 101
    values = i if numpy.dtype(dtype).kind == "u" else (i - 50) / 8
    return values.reshape((n,) + shape).astype(dtype)


def labels(n, dtype, shape=()):
    return (numpy.arange(n) % 3).reshape((n,) + shape).astype(dtype)


def arrays(shape, x_type, y_type, y_shape=()):
    return {"x_train": samples(N_TRAIN, shape, x_type), "y_train": labels(N_TRAIN, y_type, y_shape),
            "x_test": samples(N_TEST, shape, x_type), "y_test": labels(N_TEST, y_type, y_shape)}


def member(array, version):
    b = io.BytesIO()
    numpy.lib.format.write_array(b, array, version=version)
    return b.getvalue()


def write(name, members, limit=zipfile.ZIP64_LIMIT):
    """Members as they are; a small limit makes zipfile write the records that are for more than 4 GiB."""
    usual, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, limit
    with zipfile.ZipFile(os.path.join(DIRECTORY, name), "w") as z:
        for path, data in members.items():
            z.writestr(zipfile.ZipInfo(path), data)
    zipfile.ZIP64_LIMIT = usual


def in_version(version, a):
    return {f"{k}.npy": member(v, version) for k, v in a.items()}


def path(name):
    return os.path.join(DIRECTORY, name)


numpy.savez(path("keras.npz"), **arrays((3, 2), "u1", "u1"))
numpy.savez_compressed(path("deflated.npz"), **arrays((3, 2, 4), "<f4", "<i8"),
                       x_val=samples(N_VALIDATION, (3, 2, 4), "<f4"), y_val=labels(N_VALIDATION, "<i8"))
numpy.savez_compressed(path("first.npz"), **{
    k: numpy.ascontiguousarray(numpy.moveaxis(v, 3, 1)) if k[0] == "x" else v
    for k, v in arrays((3, 2, 4), "<f4", "<i8").items()})
numpy.savez_compressed(path("half.npz"), **arrays((6,), "<f2", "u8", (1,)))
numpy.savez_compressed(path("half-big.npz"), **arrays((6,), ">f2", ">u4"))
numpy.savez_compressed(path("single-big.npz"), **arrays((6,), ">f4", ">i2"))
numpy.savez_compressed(path("double-big.npz"), **arrays((6,), ">f8", ">i8"))
numpy.savez_compressed(path("fortran.npz"), **{
    k: numpy.asfortranarray(v) for k, v in arrays((3, 2), "u1", "i1", (1,)).items()})
write("version-2.npz", in_version((2, 0), arrays((3, 2), "u1", "<u2")))
write("version-3.npz", in_version((3, 0), arrays((3, 2), "u1", "i1")))
write("zip64.npz", in_version((1, 0), arrays((3, 2), "u1", "<i4")), limit=1)

# Numbers that a wider or a narrower type has and float32 has not, or only just.
half = numpy.array([0, -0.0, 2**-24, -1023 * 2**-24, 2**-14, 1 / 3, -65504, -numpy.inf], "<f2")
double = numpy.array([1 / 3, 0.1, -1e-300, 1 + 2**-24, 1 + 3 * 2**-24, 3.4028235677973366e38, 2**-149, 2**-150], "<f8")
for name, x in ("half-edges.npz", half), ("double-edges.npz", double):
    both = numpy.stack([x, x[::-1]])
    numpy.savez_compressed(path(name), x_train=both, y_train=labels(2, "u1"), x_test=both, y_test=labels(2, "u1"))
    with numpy.errstate(over="ignore"):
        print(name, ", ".join(float(v).hex() for v in x.astype("<f4")))
