"""The backbones of the standard library that arcface_torch does not have, in PyTorch, written from their papers; called by
backbones.ts, which compares their embeddings and gradients with arcc's.

usage: backbones_torch.py FOLDER IMAGES NAME…   writes NAME.json: in f64, the embeddings and the gradients of a training step, each
as its norm and its product with a wave; and how far f32 takes PyTorch's own gradients from f64
"""

import json
import math
import os
import sys
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


# IR-SE (arXiv:1801.07698, arXiv:1709.01507)


class Excite(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1, bias=False)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True)))))


class IrUnit(nn.Module):
    def __init__(self, inputs, channels, stride, excite):
        super().__init__()
        if inputs == channels:
            self.shortcut_layer = nn.MaxPool2d(1, stride)
        else:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        layers = [
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, channels, 3, 1, 1, bias=False),
            nn.PReLU(channels),
            nn.Conv2d(channels, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.res_layer = nn.Sequential(*layers, *([Excite(channels, 16)] if excite else []))

    def forward(self, x):
        return self.shortcut_layer(x) + self.res_layer(x)


class Ir(nn.Module):
    def __init__(self, depths, channels, stem, embedding, excite):
        super().__init__()
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, stem, 3, 1, 1, bias=False), nn.BatchNorm2d(stem), nn.PReLU(stem)
        )
        units = []
        inputs = stem
        for depth, width in zip(depths, channels):
            for index in range(depth):
                units.append(IrUnit(inputs, width, 2 if index == 0 else 1, excite))
                inputs = width
        self.body = nn.Sequential(*units)
        side = 112 >> len(depths)
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Dropout(0),
            nn.Flatten(),
            nn.Linear(inputs * side * side, embedding),
            nn.BatchNorm1d(embedding),
        )

    def forward(self, x):
        return self.output_layer(self.body(self.input_layer(x)))


# GhostFaceNet V1 (GhostNet, arXiv:1911.11907)


def multiple_of_4(v):
    near = max(4, int(v + 2) // 4 * 4)
    return near + 4 if near < 0.9 * v else near


class GhostModule(nn.Module):
    def __init__(self, inputs, channels, activates):
        super().__init__()
        half = channels // 2
        act = (lambda: nn.PReLU(half)) if activates else nn.Identity
        self.primary_conv = nn.Sequential(nn.Conv2d(inputs, half, 1, bias=False), nn.BatchNorm2d(half), act())
        cheap = nn.Conv2d(half, half, 3, 1, 1, groups=half, bias=False)
        self.cheap_operation = nn.Sequential(cheap, nn.BatchNorm2d(half), act())

    def forward(self, x):
        first = self.primary_conv(x)
        return torch.cat([first, self.cheap_operation(first)], 1)


class GhostExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        width = multiple_of_4(channels * 0.25)
        self.conv_reduce = nn.Conv2d(channels, width, 1)
        self.act1 = nn.PReLU(width)
        self.conv_expand = nn.Conv2d(width, channels, 1)

    def forward(self, x):
        means = x.mean((2, 3), keepdim=True)
        return x * F.hardsigmoid(self.conv_expand(self.act1(self.conv_reduce(means))))


class GhostBottleneck(nn.Module):
    def __init__(self, inputs, channels, width, kernel, stride, excite):
        super().__init__()
        self.stride = stride
        self.ghost1 = GhostModule(inputs, width, True)
        if stride > 1:
            self.conv_dw = nn.Conv2d(width, width, kernel, stride, kernel // 2, groups=width, bias=False)
            self.bn_dw = nn.BatchNorm2d(width)
        self.se = GhostExcite(width) if excite else nn.Identity()
        self.ghost2 = GhostModule(width, channels, False)
        self.shortcut = nn.Identity()
        if stride > 1 or inputs != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, inputs, kernel, stride, kernel // 2, groups=inputs, bias=False),
                nn.BatchNorm2d(inputs),
                nn.Conv2d(inputs, channels, 1, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, x):
        y = self.ghost1(x)
        if self.stride > 1:
            y = self.bn_dw(self.conv_dw(y))
        return self.ghost2(self.se(y)) + self.shortcut(x)


class GhostFaceNet(nn.Module):
    kernels = [3, 3, 3, 5, 5, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5]
    widths = [16, 48, 72, 72, 120, 240, 200, 184, 184, 480, 672, 672, 960, 960, 960, 512]
    outputs = [16, 24, 24, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160, 160, 160]
    excites = [0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1]
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]

    def __init__(self, width, stride, embedding):
        super().__init__()
        stem = multiple_of_4(16 * width)
        self.conv_stem = nn.Conv2d(3, stem, 3, stride, 1, bias=False)
        self.bn1, self.act1 = nn.BatchNorm2d(stem), nn.PReLU(stem)
        blocks, inputs = [], stem
        for kernel, wide, out, excite, step in zip(
            self.kernels, self.widths, self.outputs, self.excites, self.strides
        ):
            channels = multiple_of_4(out * width)
            blocks.append(GhostBottleneck(inputs, channels, multiple_of_4(wide * width), kernel, step, excite))
            inputs = channels
        self.blocks = nn.Sequential(*blocks)
        last = multiple_of_4(512 * width)
        self.conv_head = nn.Conv2d(inputs, last, 1, bias=False)
        self.bn2, self.act2 = nn.BatchNorm2d(last), nn.PReLU(last)
        self.gdc_dw = nn.Conv2d(last, last, math.ceil(112 / stride / 16), groups=last, bias=False)
        self.gdc_bn = nn.BatchNorm2d(last)
        self.gdc_conv = nn.Linear(last, embedding, bias=False)
        self.pre_embedding = nn.BatchNorm1d(embedding)

    def forward(self, x):
        x = self.blocks(self.act1(self.bn1(self.conv_stem(x))))
        x = self.gdc_bn(self.gdc_dw(self.act2(self.bn2(self.conv_head(x)))))
        return self.pre_embedding(self.gdc_conv(x.flatten(1)))


# ConvNeXt (arXiv:2201.03545)


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNextBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.full((channels,), 1e-6))

    def forward(self, x):
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        return x + (self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))).permute(0, 3, 1, 2)


class ConvNext(nn.Module):
    def __init__(self, depths, channels, embedding):
        super().__init__()
        self.downsample_layers = nn.ModuleList()
        self.downsample_layers.append(
            nn.Sequential(nn.Conv2d(3, channels[0], 4, 4), LayerNorm2d(channels[0], eps=1e-6))
        )
        for before, after in zip(channels, channels[1:]):
            self.downsample_layers.append(
                nn.Sequential(LayerNorm2d(before, eps=1e-6), nn.Conv2d(before, after, 2, 2))
            )
        self.stages = nn.ModuleList(
            nn.Sequential(*(ConvNextBlock(width) for _ in range(depth))) for depth, width in zip(depths, channels)
        )
        self.norm = nn.LayerNorm(channels[-1], eps=1e-6)
        self.head = nn.Linear(channels[-1], embedding)

    def forward(self, x):
        for reduce, stage in zip(self.downsample_layers, self.stages):
            x = stage(reduce(x))
        return self.head(self.norm(x.mean((2, 3))))


# Swin (arXiv:2103.14030)


class WindowAttention(nn.Module):
    def __init__(self, channels, heads, side):
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * side - 1) ** 2, heads))
        at = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
        apart = at[:, :, None] - at[:, None, :] + side - 1
        self.index = apart[0] * (2 * side - 1) + apart[1]
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

    def forward(self, x, mask):
        n, tokens, channels = x.shape
        q, k, v = self.qkv(x).view(n, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / math.sqrt(channels // self.heads)
        scores = scores + self.relative_position_bias_table[self.index].permute(2, 0, 1)
        if mask is not None:
            windows = mask.shape[0]
            scores = (scores.view(n // windows, windows, self.heads, tokens, tokens) + mask[:, None]).view_as(scores)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, tokens, channels))


def partition(x, side):
    n, h, w, c = x.shape
    return x.view(n, h // side, side, w // side, side, c).transpose(2, 3).reshape(-1, side * side, c)


class SwinBlock(nn.Module):
    def __init__(self, channels, heads, resolution, side, shift):
        super().__init__()
        self.resolution, self.side, self.shift = resolution, side, shift
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attn = WindowAttention(channels, heads, side)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(channels, 4 * channels), "fc2": nn.Linear(4 * channels, channels)})
        self.mask = None
        if shift > 0:
            regions = torch.zeros(1, resolution, resolution, 1)
            parts = (slice(0, -side), slice(-side, -shift), slice(-shift, None))
            for i, rows in enumerate(parts):
                for j, columns in enumerate(parts):
                    regions[:, rows, columns] = 3 * i + j
            ids = partition(regions, side).squeeze(-1)
            self.mask = torch.where(ids[:, None] == ids[:, :, None], 0.0, -100.0)

    def forward(self, x):
        n, h, w, c = x.shape
        y = torch.roll(self.norm1(x), (-self.shift, -self.shift), (1, 2))
        y = self.attn(partition(y, self.side), self.mask)
        y = y.view(n, h // self.side, w // self.side, self.side, self.side, c).transpose(2, 3).reshape(n, h, w, c)
        x = x + torch.roll(y, (self.shift, self.shift), (1, 2))
        return x + self.mlp.fc2(F.gelu(self.mlp.fc1(self.norm2(x))))


class PatchMerging(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x):
        parts = [x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
        return self.reduction(self.norm(torch.cat(parts, -1)))


class Swin(nn.Module):
    def __init__(self, depths, heads, width, embedding, patch=2, window=7):
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, patch, patch), "norm": nn.LayerNorm(width)})
        self.layers = nn.ModuleList()
        for stage, (depth, count) in enumerate(zip(depths, heads)):
            channels, resolution = width << stage, 112 // patch >> stage
            side = min(window, resolution)
            shifts = [side // 2 if index % 2 == 1 and side < resolution else 0 for index in range(depth)]
            blocks = nn.Sequential(*(SwinBlock(channels, count, resolution, side, shift) for shift in shifts))
            layer = nn.ModuleDict({"blocks": blocks})
            if stage + 1 < len(depths):
                layer["downsample"] = PatchMerging(channels)
            self.layers.append(layer)
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, embedding)

    def forward(self, x):
        x = self.patch_embed.norm(self.patch_embed.proj(x).permute(0, 2, 3, 1))
        for layer in self.layers:
            x = layer.blocks(x)
            if "downsample" in layer:
                x = layer.downsample(x)
        return self.head(self.norm(x).mean((1, 2)))


networks = {
    "ir_se50": lambda: Ir([3, 4, 14, 3], [64, 128, 256, 512], 64, 512, True),
    "ghostfacenet_v1_s1": lambda: GhostFaceNet(1.3, 1, 512),
    "ghostfacenet_v1_s2": lambda: GhostFaceNet(1.3, 2, 512),
    "convnext_t": lambda: ConvNext([3, 3, 9, 3], [96, 192, 384, 768], 512),
    "swin_t": lambda: Swin([2, 2, 6, 2], [3, 6, 12, 24], 96, 512),
    "ir_narrow": lambda: Ir([1, 2], [16, 16], 4, 32, True),
    "ghost_narrow": lambda: GhostFaceNet(0.25, 2, 32),
    "convnext_narrow": lambda: ConvNext([1, 1, 2], [8, 16, 24], 32),
    "swin_narrow": lambda: Swin([2, 2], [2, 4], 16, 32, patch=4),
}


def made(path, shape):
    """Numbers that any language can make: a hash of the path and the index, scaled by what the tensor is."""
    seed = 0x811C9DC5
    for char in path:
        seed = (seed ^ ord(char)) * 0x01000193 % 2**32
    x = (np.arange(math.prod(shape), dtype=np.uint64) * np.uint64(0x9E3779B9) + np.uint64(seed)) & MASK
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & MASK
    even = 2 * x.astype(np.float64) / 2**32 - 1
    if len(shape) > 1:
        numbers = math.sqrt(3 / math.prod(shape[1:])) * even
    elif path.endswith(("weight", "running_var", "gamma")):
        numbers = 0.75 + 0.25 * even
    else:
        numbers = 0.2 * even
    return torch.from_numpy(numbers.astype(np.float32)).reshape(shape)


MASK = np.uint64(0xFFFFFFFF)


def images(count):
    index = torch.meshgrid(*(torch.arange(n) for n in (count, 112, 112, 3)), indexing="ij")
    pixels = (31 * index[0] + 7 * index[1] + 3 * index[2] + 101 * index[3] + index[1] * index[2]) % 256
    return (pixels.float() / 127.5 - 1).permute(0, 3, 1, 2)


def wave(like):
    return torch.cos(torch.arange(like.numel(), dtype=torch.float64)).view(like.shape)


def network(name, dtype):
    net = networks[name]().to(dtype)
    for path, tensor in net.state_dict().items():
        if not path.endswith("num_batches_tracked"):
            tensor.copy_(made(path, tuple(tensor.shape)))
    return net


def train(net, given):
    """The embeddings of a training step, and the gradients of their sum weighted by a wave."""
    net.train()
    trained = net(given)
    named = dict(net.named_parameters())
    loss = (trained * wave(trained).to(trained.dtype)).sum()
    return trained, {path: g.double() for path, g in zip(named, torch.autograd.grad(loss, list(named.values())))}


def short(tensor):
    """The norm of a tensor, and its product with a wave."""
    return [float(tensor.norm()), float((tensor * wave(tensor)).sum())]


def deviation(gradients, others):
    """The largest difference of two gradients' short forms, relative to the norm, or to 1e-3 of the largest norm."""
    pairs = {path: (short(tensor), short(others[path])) for path, tensor in gradients.items()}
    largest = max(own[0] for own, _ in pairs.values())
    return max(max(abs(a - b) for a, b in zip(own, other)) / max(own[0], 1e-3 * largest) for own, other in pairs.values())


def rounded(numbers):
    return [float(f"{number:.7g}") for number in numbers]


def facts(name, count):
    """The figures in f64, and how far f32 takes PyTorch's own gradients from them."""
    net = network(name, torch.float64)
    given = images(count)
    net.eval()
    with torch.no_grad():
        embeddings = net(given.double())
    trained, gradients = train(net, given.double())
    state = net.state_dict()
    running = {path: tensor for path, tensor in state.items() if path.endswith(("running_mean", "running_var"))}
    # Without oneDNN, whose gradients of some strided convolutions crash in PyTorch 2.13.
    with torch.backends.mkldnn.flags(enabled=False):
        _, in_f32 = train(network(name, torch.float32), given)
    return {
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "embeddings": rounded(embeddings.flatten()),
        "trained": rounded(trained.flatten()),
        "gradients": {path: rounded(short(tensor)) for path, tensor in gradients.items()},
        "running": {path: rounded(short(tensor)) for path, tensor in running.items()},
        "rounding": float(f"{deviation(gradients, in_f32):.2g}"),
    }


if __name__ == "__main__":
    # Switching oneDNN off warns about GPUs of another make.
    warnings.filterwarnings("ignore", message="TF32")
    _, out, count, *names = sys.argv
    for name in names:
        with open(os.path.join(out, name + ".json"), "w") as file:
            json.dump(facts(name, int(count)), file, separators=(",", ":"))
            file.write("\n")
