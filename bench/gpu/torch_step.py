"""The same training steps in PyTorch, for timing on the same GPU: written for this comparison, from the papers and the shapes in
stdlib/backbones.arc.

    python3 torch_step.py NET CLASSES [--rate 0.1] [--dtype f16|bf16] [--batch 128] [--mode eager|compile] [--steps 30]

NET is r18, r50, r100 or mbf. One device, which holds the whole table of class centers. Mixed precision with autocast, channels_last,
cuDNN's benchmark mode, TF32 for the remaining f32, a fused optimizer, loss scaling in f16. No step waits for the host: nothing is read
from the card until all steps are done. `--mode compile` compiles the network with torch.compile, but not the head. Prints one JSON
line.
"""
import argparse
import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

# Small enough that no step overflows: an overflowing one would be skipped, and its time would not be that of a step.
LOSS_SCALE = 1024.0


def conv(i, o, k=3, s=1, g=1):
    return nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False)


class Residual(nn.Module):
    """Normalize, convolve, normalize, PReLU, convolve, normalize; plus the input, or a 1x1 convolution of it."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(i, 1e-5), conv(i, o), nn.BatchNorm2d(o, 1e-5), nn.PReLU(o), conv(o, o, 3, stride), nn.BatchNorm2d(o, 1e-5)
        )
        same = i == o and stride == 1
        self.side = nn.Identity() if same else nn.Sequential(conv(i, o, 1, stride), nn.BatchNorm2d(o, 1e-5))

    def forward(self, x):
        return self.body(x) + self.side(x)


class IResNet(nn.Module):
    def __init__(self, depths):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 64), nn.BatchNorm2d(64, 1e-5), nn.PReLU(64))
        blocks, i = [], 64
        for depth, o in zip(depths, (64, 128, 256, 512)):
            for n in range(depth):
                blocks.append(Residual(i, o, 2 if n == 0 else 1))
                i = o
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.BatchNorm2d(512, 1e-5)
        self.fc = nn.Linear(512 * 49, 512)
        self.features = nn.BatchNorm1d(512, 1e-5)

    def forward(self, x):
        x = self.last(self.blocks(self.stem(x)))
        x = torch.flatten(x, 1)
        with torch.autocast("cuda", enabled=False):
            return self.features(self.fc(x.float()))


def unit(i, o, k=3, s=1, p=None, g=1, act=True):
    parts = [nn.Conv2d(i, o, k, s, k // 2 if p is None else p, groups=g, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*parts, nn.PReLU(o)) if act else nn.Sequential(*parts)


class Bottleneck(nn.Module):
    def __init__(self, i, o, stride, wide, add):
        super().__init__()
        self.add = add
        self.body = nn.Sequential(unit(i, wide, 1), unit(wide, wide, 3, stride, g=wide), unit(wide, o, 1, act=False))

    def forward(self, x):
        return x + self.body(x) if self.add else self.body(x)


class MobileFaceNet(nn.Module):
    def __init__(self):
        super().__init__()
        chain = [unit(3, 128, 3, 2), unit(128, 128, 3, 1, g=64)]
        chain += [Bottleneck(128, 128, 2, 128, False)] + [Bottleneck(128, 128, 1, 128, True) for _ in range(4)]
        chain += [Bottleneck(128, 256, 2, 256, False)] + [Bottleneck(256, 256, 1, 256, True) for _ in range(6)]
        chain += [Bottleneck(256, 256, 2, 512, False)] + [Bottleneck(256, 256, 1, 256, True) for _ in range(2)]
        self.chain = nn.Sequential(*chain)
        self.end = unit(256, 512, 1)
        self.pool = unit(512, 512, 7, 1, 0, 512, act=False)
        self.fc = nn.Linear(512, 512, bias=False)
        self.features = nn.BatchNorm1d(512)

    def forward(self, x):
        x = self.chain(x)
        with torch.autocast("cuda", enabled=False):
            return self.features(self.fc(torch.flatten(self.pool(self.end(x.float())), 1)))


def build(net):
    depths = {"r18": (2, 2, 2, 2), "r50": (3, 4, 14, 3), "r100": (3, 13, 30, 3)}
    return MobileFaceNet() if net == "mbf" else IResNet(depths[net])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("net")
    p.add_argument("classes", type=int)
    p.add_argument("--rate", type=float, default=1.0)
    p.add_argument("--dtype", default="f16")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--mode", default="eager")
    p.add_argument("--steps", type=int, default=30)
    p.add_argument("--device", default="cuda")
    a = p.parse_args()
    cuda = a.device == "cuda"
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.manual_seed(0)
    dtype = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32}[a.dtype]
    net = build(a.net).to(a.device).to(memory_format=torch.channels_last)
    if a.net != "mbf":
        net.features.weight.requires_grad_(False)
    parameters = [q for q in net.parameters() if q.requires_grad]
    run = torch.compile(net, mode="default") if a.mode == "compile" else net
    # The fused one reads the scaler's results on the card; the others make the host wait for them in each step.
    sgd = torch.optim.SGD(parameters, lr=0.02, momentum=0.9, weight_decay=5e-4, fused=cuda)
    scaler = torch.amp.GradScaler(a.device, init_scale=LOSS_SCALE, enabled=dtype == torch.float16)
    centers = torch.randn(a.classes, 512, device=a.device) * 0.01
    momentum = torch.zeros_like(centers)
    sampled = int(a.classes * a.rate)
    images = torch.randint(0, 256, (a.batch, 3, 112, 112), dtype=torch.uint8).contiguous(memory_format=torch.channels_last)
    images = images.pin_memory() if cuda else images
    labels = (torch.arange(a.batch) * 7919) % a.classes
    labels = labels.to(a.device)
    margin, scale = 0.4, 64.0

    def head(x, w, target):
        logits = F.linear(F.normalize(x), F.normalize(w)).float().clamp(-1, 1)
        shift = torch.zeros_like(logits).scatter_(1, target[:, None], margin)
        return F.cross_entropy((logits - shift) * scale, target)

    def step(x):
        x = x.to(a.device, non_blocking=True)
        x = (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        if sampled < a.classes:
            chance = torch.rand(a.classes, device=a.device)
            chance[labels] = 2.0
            rows = torch.topk(chance, sampled).indices.sort().values
            target = torch.searchsorted(rows, labels)
            w = centers[rows].requires_grad_(True)
        else:
            rows, target, w = None, labels, centers.detach().requires_grad_(True)
        with torch.autocast(a.device, dtype, enabled=dtype != torch.float32):
            loss = head(run(x), w, target)
        scaler.scale(loss).backward()
        scaler.unscale_(sgd)
        nn.utils.clip_grad_norm_(parameters, 5, foreach=True)
        scaler.step(sgd)
        with torch.no_grad():
            g = w.grad / LOSS_SCALE if dtype == torch.float16 else w.grad
            g = g.add(w, alpha=5e-4)
            if rows is None:
                momentum.mul_(0.9).add_(g)
                centers.add_(momentum, alpha=-0.02)
            else:
                m = momentum[rows].mul_(0.9).add_(g)
                momentum[rows] = m
                centers[rows] = w - 0.02 * m
        scaler.update()
        sgd.zero_grad(set_to_none=True)
        return loss

    def sync():
        if cuda:
            torch.cuda.synchronize()

    begun = time.perf_counter()
    first = step(images).item()
    sync()
    first_seconds = time.perf_counter() - begun
    for _ in range(5):
        step(images)
    sync()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        for _ in range(a.steps):
            loss = step(images)
        sync()
        times.append((time.perf_counter() - begun) / a.steps * 1000)
    ms = sorted(times)[1]
    final = loss.item()
    failures = [] if math.isfinite(first) and math.isfinite(final) else ["the loss is not finite"]
    if dtype == torch.float16 and scaler.get_scale() != LOSS_SCALE:
        failures.append("a step overflowed and was skipped")
    report = {
        "ok": not failures,
        "failures": failures,
        "case": f"torch {a.net} {a.classes} rate {a.rate} {a.dtype} {a.mode}",
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "firstStepSeconds": round(first_seconds, 2),
        "step": round(ms, 3),
        "imagesPerSecond": round(a.batch * 1000 / ms),
        "peakBytes": torch.cuda.max_memory_allocated() if cuda else 0,
        "reservedBytes": torch.cuda.max_memory_reserved() if cuda else 0,
        "losses": [round(first, 4), round(final, 4)],
    }
    print(json.dumps(report))
    sys.exit(1 if failures else 0)


main()
