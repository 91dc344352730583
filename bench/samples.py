"""Data and masks for torch_steps.py and jax_steps.py: MNIST or CIFAR-10 from LTCORE_DATA where they are, else random images
of that shape; mask and initial weights of a ticket of ltcore's, or random ones."""
import csv
import gzip
import json
import os

import numpy as np

# batch; the optimizer's name, rate, momentum and decay: as in run
SETTINGS = {
    "lenet-300-100": (60, "adam", 1.2e-3, 0, 0), "lenet-5-caffe": (64, "sgd", 0.05, 0, 0), "conv-2": (60, "adam", 2e-4, 0, 0),
    "conv-4": (60, "adam", 3e-4, 0, 0), "conv-6": (60, "adam", 3e-4, 0, 0), "resnet-20": (128, "sgd", 0.03, 0.9, 1e-4),
    "vgg-19": (64, "sgd", 0.03, 0.9, 1e-4),
}
N_TEST = 1000                                                        # of the test split, accuracy is of so many


def idx(name, header):
    path = os.path.join(os.environ.get("LTCORE_DATA", ""), "mnist", name)
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as file:
        return np.frombuffer(file.read()[header:], np.uint8)


def mnist(part):
    x = idx(f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    return (x / np.float32(255) - np.float32(0.1307)) / np.float32(0.3081), idx(f"{part}-labels-idx1-ubyte", 8)


def cifar10(part):
    folder = os.path.join(os.environ.get("LTCORE_DATA", ""), "cifar-10-batches-bin")
    files = [f"data_batch_{i}.bin" for i in range(1, 6)] if part == "train" else ["test_batch.bin"]
    rows = np.concatenate([np.fromfile(os.path.join(folder, name), np.uint8).reshape(-1, 3073) for name in files])
    mean, std = (np.float32(v).reshape(1, 3, 1, 1) for v in ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]))
    return (rows[:, 1:].reshape(-1, 3, 32, 32) / np.float32(255) - mean) / std, rows[:, 0]


def made_up(shape):
    draw = np.random.default_rng(1)
    return draw.random((10000, *shape), np.float32), draw.integers(0, 10, 10000)


def load(network):
    """Training images and labels, then of the test split."""
    grey = network.startswith("lenet")
    read = mnist if grey else cifar10
    try:
        (x, y), (x_test, y_test) = read("train"), read("t10k" if grey else "test")
    except OSError:
        x, y = x_test, y_test = made_up((1, 28, 28) if grey else (3, 32, 32))
    return x, y.astype(np.int64), x_test[:N_TEST], y_test[:N_TEST].astype(np.int64)


def tensors_of(path):
    """{name: array} of a .safetensors file of masks or weights."""
    with open(path, "rb") as file:
        data = file.read()
    n, kinds = int.from_bytes(data[:8], "little"), {"U8": np.uint8, "F32": np.float32, "F64": np.float64, "I64": np.int64}
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[8 + n:][slice(*of["data_offsets"])], kinds[of["dtype"]]).reshape(of["shape"])
            for name, of in header.items()}


def ticket_of(folder, shapes):
    """Masks, None for the dense network, and initial weights, in the order in which layers.csv has the layers."""
    with open(os.path.join(folder, "..", "..", "..", "..", "layers.csv"), newline="") as file:
        names = list(dict.fromkeys(row["layer"] for row in csv.DictReader(file)))
    start, mask = tensors_of(os.path.join(folder, "start.safetensors")), os.path.join(folder, "mask.safetensors")
    masks = tensors_of(mask) if os.path.exists(mask) else None
    if [start[name].shape for name in names] != [tuple(shape) for shape in shapes]:
        raise SystemExit(f"{folder} is of another network: {[start[name].shape for name in names]}")
    return masks and [masks[name].astype(np.float32) for name in names], [start[name].copy() for name in names]


def weights_under(under, shapes):
    """Masks or None, and initial weights, of weights of these shapes (output first) in the order of the network. under: the
    directory of a ticket; or a density, of masks by lot, with weights of glorot-normal."""
    if os.path.isdir(under):
        return ticket_of(under, shapes)
    draw, density = np.random.default_rng(2), float(under)
    masks = None if density == 1 else [(draw.random(shape) < density).astype(np.float32) for shape in shapes]
    fans = [(shape[0] + shape[1]) * int(np.prod(shape[2:])) for shape in shapes]
    return masks, [draw.normal(0, (2 / fan) ** 0.5, shape).astype(np.float32) for fan, shape in zip(fans, shapes)]


def report(wall_us, processor_us, accuracy, what):
    """Median and best microseconds a step, the least of processor time for one, accuracy, and on what."""
    wall = sorted(wall_us)
    print(f"{wall[len(wall) // 2]:.1f} {wall[0]:.1f} {min(processor_us):.1f} {accuracy:.4f} {what}")
