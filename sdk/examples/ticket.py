"""ticket.py TICKET: a ticket of lenet-300-100, such as RUN/tickets/main/t1/l08, as a PyTorch module.

TICKET has start, best and end.safetensors, whose names and shapes are PyTorch's, and mask.safetensors: 1 kept,
0 pruned.
"""
import sys

import torch
from safetensors.torch import load_file


class Lenet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(784, 300)
        self.fc2 = torch.nn.Linear(300, 100)
        self.fc3 = torch.nn.Linear(100, 10)

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x.flatten(1))))))


network, mask = Lenet(), load_file(f"{sys.argv[1]}/mask.safetensors")
network.load_state_dict(load_file(f"{sys.argv[1]}/start.safetensors"), strict=True)
for name, kept in mask.items():
    weight = network.get_parameter(name)
    weight.register_hook(lambda gradient, kept=kept: gradient * kept)       # stays at 0 under plain SGD
    wrong = int((weight[kept == 0] != 0).sum())
    print(f"{name}: {kept.float().mean():.2%} kept, {wrong} pruned weights are not 0")
