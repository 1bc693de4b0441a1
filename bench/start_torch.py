"""Saves a network of arcface_torch with torch.save, and its embeddings of pictures that any language can make: called by start.ts."""

import importlib.util
import json
import os
import sys

import torch

folder, name, out = sys.argv[1:]


def load(module):
    spec = importlib.util.spec_from_file_location(module, os.path.join(folder, "backbones", module + ".py"))
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


torch.manual_seed(3)
net = load("iresnet").iresnet18() if name == "r18" else load("mobilefacenet").get_mbf(False, 512)
# Slopes, scales and offsets that are all different, and running statistics of images.
for parameter in net.parameters():
    if parameter.dim() == 1 and parameter.requires_grad:
        parameter.data += 0.1 * torch.randn_like(parameter)
# The mean statistics of all batches, as after long training: without it, activations would grow from layer to layer.
for module in net.modules():
    if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
        module.momentum = None
net.train()
with torch.no_grad():
    for _ in range(4):
        net(torch.randn(16, 3, 112, 112))
net.eval()
index = torch.meshgrid(*(torch.arange(n) for n in (4, 112, 112, 3)), indexing="ij")
pictures = (31 * index[0] + 7 * index[1] + 3 * index[2] + 101 * index[3] + index[1] * index[2]) % 256
with torch.no_grad():
    embeddings = net(((pictures.float() / 255 - 0.5) / 0.5).permute(0, 3, 1, 2))
torch.save(net.state_dict(), os.path.join(out, name + ".pt"))
with open(os.path.join(out, name + ".json"), "w") as file:
    json.dump([[float(x) for x in row] for row in embeddings], file)
