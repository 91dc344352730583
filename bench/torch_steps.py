"""torch_steps.py STEPS - one LeNet-300-100 training step in PyTorch: batch 60, Adam 1.2e-3, data in memory.

Prints mean and best microseconds a step (over spans of 100) and what PyTorch runs on. One thread. For bench/compare."""
import sys
import time

import torch

SPAN = 100


def main(steps):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    x = torch.rand(55000, 784)
    y = torch.randint(0, 10, (55000,))
    net = torch.nn.Sequential(torch.nn.Linear(784, 300), torch.nn.ReLU(), torch.nn.Linear(300, 100), torch.nn.ReLU(),
                              torch.nn.Linear(100, 10))
    optimizer = torch.optim.Adam(net.parameters(), lr=1.2e-3)
    loss_of = torch.nn.CrossEntropyLoss()
    order = torch.randperm(55000)
    times = []
    for span in range(steps // SPAN + 1):
        start = time.perf_counter()
        for i in range(SPAN):
            k = (span * SPAN + i) % 916 * 60
            rows = order[k:k + 60]
            optimizer.zero_grad()
            loss_of(net(x[rows]), y[rows]).backward()
            optimizer.step()
        times.append((time.perf_counter() - start) * 1e6 / SPAN)
    times = times[1:]
    print(f"{sum(times) / len(times):.1f} {min(times):.1f} PyTorch-{torch.__version__}")


main(int(sys.argv[1]))
