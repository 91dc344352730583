#!/usr/bin/env python3
"""Recomputes the golden numbers of test_order.c, test_data.c, test_idx.c and test_normalise.c from their definitions.

Standard library alone. data.py [MNIST-DIRECTORY [FASHION-MNIST-DIRECTORY]], each with the four .gz files."""
import gzip
import hashlib
import struct
import sys

LOW = 0xffffffff


def block(key, counter):
    """Philox4x32-10."""
    (seed, stream) = key
    c0, c1, c2, c3 = counter & LOW, counter >> 32, stream & LOW, stream >> 32
    k0, k1 = seed & LOW, seed >> 32
    for _ in range(10):
        a, b = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & LOW, (a >> 32) ^ c3 ^ k1, a & LOW
        k0, k1 = (k0 + 0x9E3779B9) & LOW, (k1 + 0xBB67AE85) & LOW
    return c0, c1, c2, c3


def fold(key, number):
    w = block((key[0] ^ (1 << 64) - 1, key[1]), number)
    return w[1] << 32 | w[0], w[3] << 32 | w[2]


def below(key, i, n):
    w = block(key, i // 2)
    high, low = w[i % 2 * 2] * n, w[i % 2 * 2 + 1] * n
    return (high + (low >> 32)) >> 32


def make_key(seed, purpose, trial=0, instance=0):
    return fold(fold(fold((seed, 0), purpose), trial), instance)


def permutation(key, n):
    p = list(range(n))
    for i in range(n):
        j = i + below(key, i, n - i)
        p[i], p[j] = p[j], p[i]
    return p


def field(name, value):
    return f"{len(name)}:{name} i {len(str(value))}:{value}\n".encode()


def digest(classes, dims, splits):
    """Of u8 data; splits: (name, samples, labels)."""
    layout = field("sample_type", 1) + field("n_classes", classes) + field("rank", len(dims))
    layout += b"".join(field("dim", d) for d in dims)
    layout += b"".join(field(name, len(labels)) for name, _, labels in splits)
    h = hashlib.sha256(layout)
    for _, samples, labels in splits:
        h.update(samples)
        h.update(struct.pack(f"<{len(labels)}i", *labels))
    return h.hexdigest()


def fake_split(name, number, n):
    """What test_data.c's reader gives."""
    samples = bytes((16 * number + i + j) & 255 for i in range(n) for j in range(6))
    return name, samples, [i % 4 for i in range(n)]


def idx_split(directory, name, stem):
    images = gzip.open(f"{directory}/{stem}-images-idx3-ubyte.gz").read()[16:]
    return name, images, list(gzip.open(f"{directory}/{stem}-labels-idx1-ubyte.gz").read()[8:])


def idx_digest(directory):
    return digest(10, (1, 28, 28), [idx_split(directory, "train", "train"), idx_split(directory, "test", "t10k")])


def single(x):
    """To binary32. One double operation on two floats, rounded again, is that operation in binary32."""
    return struct.unpack("f", struct.pack("f", x))[0]


def normalised(x, mean, std):
    return single(single(single(x / 255) - single(mean)) / single(std))


INIT, ORDER, SPLIT = 1, 2, 7
for arguments in (0, INIT, 0, 0), (1, ORDER, 2, 3), ((1 << 64) - 1, SPLIT, 0, 0):
    print("key", arguments, *map(hex, make_key(*arguments)))
print("permutation", permutation((1, 2), 10))
print("of 60000", hashlib.sha256(struct.pack("<60000I", *permutation(make_key(0, SPLIT), 60000))).hexdigest())
order = make_key(7, ORDER)
print("rows", (permutation(fold(order, 0), 10)[:9] + permutation(fold(order, 1), 10)[:9])[6:])
print("validation", sorted(permutation(make_key(0, SPLIT), 50)[:8]))
print("digest", digest(4, (1, 2, 3), [fake_split("train", 0, 50), fake_split("test", 1, 20)]))
for mean, std in (0.1307, 0.3081), (0.2860, 0.3530):
    print("table", mean, std, *(normalised(x, mean, std).hex() for x in (0, 1, 127, 128, 254, 255)))
for directory in sys.argv[1:]:
    print(directory, idx_digest(directory))
