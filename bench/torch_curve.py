#!/usr/bin/env python3
"""torch_curve.py NETWORK DATA_DIR [--epochs N] [--seed S] ... - a learning curve of PyTorch's, as history.csv has it.

The same network, data, normalisation, split sizes, optimizer, batches (the rest of an epoch dropped) and cadence as a
run of ltcore; seeds, and so initial weights, order and the choice of validation samples, are PyTorch's own. Prints
step,val_loss,val_acc,test_loss,test_acc at step 0 and after each epoch. DATA_DIR is what LTCORE_DATA names."""
import argparse
import gzip
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def idx(path, skip):
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=skip)


def mnist(root):
    def part(name):
        x = idx(f"{root}/mnist/{name}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)
        return x, idx(f"{root}/mnist/{name}-labels-idx1-ubyte.gz", 8)
    return part("train"), part("t10k"), [0.1307], [0.3081]


def cifar10(root):
    def part(names):
        r = np.concatenate([np.fromfile(f"{root}/cifar-10-batches-bin/{n}.bin", np.uint8).reshape(-1, 3073) for n in names])
        return r[:, 1:].reshape(-1, 3, 32, 32), r[:, 0]
    return (part([f"data_batch_{i}" for i in range(1, 6)]), part(["test_batch"]), [0.4914, 0.4822, 0.4465],
            [0.2470, 0.2435, 0.2616])


def lenet_5_caffe():
    return nn.Sequential(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10))


def conv(n):
    layers, channels = [], 3
    for i in range(n):
        layers += [nn.Conv2d(channels, 64 << i // 2, 3, padding=1), nn.ReLU()] + [nn.MaxPool2d(2)] * (i % 2)
        channels = 64 << i // 2
    size = channels * (32 >> n // 2) ** 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(size, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(),
                         nn.Linear(256, 10))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


def resnet_20():
    layers, channels = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for stage in range(3):
        for i in range(3):
            layers.append(Block(channels, 16 << stage, 2 if stage and not i else 1))
            channels = 16 << stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


NETWORKS = {
    "lenet-5-caffe": (lenet_5_caffe, mnist), "conv-2": (lambda: conv(2), cifar10), "conv-4": (lambda: conv(4), cifar10),
    "conv-6": (lambda: conv(6), cifar10), "resnet-20": (resnet_20, cifar10),
}


def glorot_normal(module):
    """ltcore's glorot-normal: weights of standard deviation sqrt(2 / (fan in + fan out)), biases zero."""
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.xavier_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def crop_flip(x):
    """Pads 4 zero bytes on each side, crops, mirrors half of the images."""
    padded = F.pad(x, (4, 4, 4, 4))
    n, size = len(x), x.shape[-1]
    down, right = torch.randint(0, 9, (2, n))
    rows = (down[:, None] + torch.arange(size))[:, None, :, None]
    columns = right[:, None] + torch.where((torch.rand(n) < 0.5)[:, None], torch.arange(size - 1, -1, -1), torch.arange(size))
    return padded[torch.arange(n)[:, None, None, None], torch.arange(x.shape[1])[None, :, None, None], rows,
                  columns[:, None, None, :]]


def evaluate(net, x, y, scale):
    net.eval()
    loss, correct = 0.0, 0
    with torch.no_grad():
        for i in range(0, len(x), 250):
            logits = net(scale(x[i:i + 250]))
            loss += F.cross_entropy(logits, y[i:i + 250], reduction="sum").item()
            correct += (logits.argmax(1) == y[i:i + 250]).sum().item()
    net.train()
    return loss / len(x), correct / len(x)


def main(a):
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    make, load = NETWORKS[a.network]
    train, test, mean, std = load(a.data)
    as_tensors = lambda part: (torch.tensor(part[0]), torch.tensor(part[1].astype(np.int64)))
    (x, y), (x_test, y_test) = as_tensors(train), as_tensors(test)
    held = torch.randperm(len(x))
    val, rest = held[:a.validation], held[a.validation:]
    x_val, y_val, x, y = x[val], y[val], x[rest], y[rest]
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (mean, std))
    scale = lambda u8: (u8.float() / 255 - mean) / std
    net = make()
    if a.init == "glorot-normal":
        net.apply(glorot_normal)
    if a.optimizer == "adam":
        step_of = torch.optim.Adam(net.parameters(), lr=a.lr)
    else:
        step_of = torch.optim.SGD(net.parameters(), lr=a.lr, momentum=a.momentum, weight_decay=a.weight_decay)
    print("step,val_loss,val_acc,test_loss,test_acc", flush=True)

    def report(step):
        v = evaluate(net, x_val, y_val, scale) if a.validation else (float("nan"),) * 2
        print(step, *(f"{n:.6f}" for n in v + evaluate(net, x_test, y_test, scale)), sep=",", flush=True)

    per_epoch = len(x) // a.batch
    report(0)
    for epoch in range(a.epochs):
        order = torch.randperm(len(x))
        for i in range(per_epoch):
            rows = order[i * a.batch:(i + 1) * a.batch]
            batch = crop_flip(x[rows]) if a.augment else x[rows]
            step_of.zero_grad()
            F.cross_entropy(net(scale(batch)), y[rows]).backward()
            step_of.step()
        report((epoch + 1) * per_epoch)


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("network", choices=sorted(NETWORKS))
    p.add_argument("data", type=os.path.abspath)
    for name, default in (("epochs", 5), ("seed", 1), ("batch", 64), ("validation", 5000), ("threads", 1)):
        p.add_argument(f"--{name}", type=int, default=default)
    for name, default in (("lr", 0.01), ("momentum", 0.0), ("weight-decay", 0.0)):
        p.add_argument(f"--{name}", type=float, default=default)
    p.add_argument("--optimizer", choices=("sgd", "adam"), default="sgd")
    p.add_argument("--init", choices=("pytorch", "glorot-normal"), default="pytorch")
    p.add_argument("--augment", action="store_true", help="crop-flip")
    main(p.parse_args())
