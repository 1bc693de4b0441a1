"""Figures of margins from their authors' published code: figures/*.json.

    git clone https://github.com/mk-minchul/AdaFace sources/AdaFace
    git clone https://github.com/IrvingMeng/MagFace sources/MagFace
    git clone https://github.com/HuangYG123/CurricularFace sources/CurricularFace
    git clone https://github.com/JDAI-CV/FaceX-Zoo sources/FaceX-Zoo
    git clone https://github.com/fdbtrs/ElasticFace sources/ElasticFace
    git clone https://github.com/CVI-SZU/UniFace sources/UniFace
    git clone https://github.com/ydwen/opensphere sources/opensphere
    git clone https://github.com/kaidic/LDAM-DRW sources/LDAM-DRW
    git clone https://github.com/Leminhbinh0209/KappaFace sources/KappaFace
    npx tsx bench/margins/given.ts
    python bench/margins/figures.py sources [MARGIN…]

Needs PyTorch. README.md says what the problem is. Everything is computed in double precision, which f32 is compared with.
Sub-center ArcFace was published for MXNet, and SphereFace only with a gradient that passes its margin by: those two are written
out below, after the published code and the paper.

Shapes: B rows, D numbers of an embedding, C classes, k classes of a step, S centers of a class.
"""
import importlib.util
import json
import math
import subprocess
import sys
import zlib
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
SOURCES = Path(sys.argv[1])
B, D, C, STEPS = 12, 8, 22, 20
SCALE = 16.0

torch.set_default_dtype(torch.float64)


def values(name, count):
    """Numbers in [-1, 1] from a name, as in bench/golden-values.ts."""
    key = zlib.crc32(name.encode())
    result = []
    for i in range(count):
        x = (i * 2654435761 + key) & 0xFFFFFFFF
        x ^= x >> 16
        x = (x * 0x7FEB352D) & 0xFFFFFFFF
        x ^= x >> 15
        x = (x * 0x846CA68B) & 0xFFFFFFFF
        x ^= x >> 16
        result.append(x / 2**31 - 1)
    return torch.tensor(result, dtype=torch.float32).double()


# Pictures of each class, for margins that read them.
PICTURES = [3 + (11 * c) % 37 for c in range(C)]
LABELS = torch.tensor([(7 * (i // 2) + 3) % C for i in range(B)])


def centers(per_class):
    return values("centers", C * per_class * D).reshape(C, per_class, D)


def embeddings():
    """Some near their center and some far from it, some short and some long."""
    own = centers(1)[LABELS, 0]
    noise = values("embeddings", B * D).reshape(B, D)
    near = torch.tensor([i % 4 - 0.5 for i in range(B)])[:, None]
    length = torch.tensor([3.0 + 6 * i for i in range(B)])[:, None]
    return (length * (noise + near * own)).float().double()


def load(path):
    """A module of a file; what else the file imports is not needed."""
    for name in ("models", "termcolor"):
        sys.modules.setdefault(name, MagicMock())
    spec = importlib.util.spec_from_file_location(path.replace("/", "_"), SOURCES / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def give(module, name, tensor):
    """Lets a module use a tensor where it has a parameter."""
    if name in module._parameters:
        del module._parameters[name]
    setattr(module, name, tensor)


def load_beside_others(path):
    """A module of a file that imports other files of its folder."""
    folder = (SOURCES / path).parent
    package = ModuleType("heads")
    package.__path__ = [str(folder)]
    sys.modules["heads"] = package
    return importlib.import_module("heads." + Path(path).stem)


class Head:
    """A margin: `loss` from embeddings [B,D], centers [k,S,D] of the step's classes, and labels [B] among those."""

    per_class = 1
    gradient = "exact"
    path = None
    # What a step trains besides embeddings and centers.
    learned = {}

    def loss(self, x, w, labels, noise, index):
        raise NotImplementedError

    def state(self):
        return {}


class AdaFace(Head):
    path = "AdaFace/head.py"
    arguments = {"m": 0.4, "h": 0.333, "s": SCALE, "t_alpha": 0.1}

    def __init__(self):
        self.module = load(self.path).AdaFace(D, C, **self.arguments)

    def loss(self, x, w, labels, noise, index):
        give(self.module, "kernel", w[:, 0].t())
        norm = torch.norm(x, 2, 1, True)
        return F.cross_entropy(self.module(x / norm, norm, labels), labels)

    def state(self):
        return {"mean": self.module.batch_mean.item(), "spread": self.module.batch_std.item()}


class MagFace(Head):
    path = "MagFace/models/magface.py"
    arguments = {"l_a": 10, "u_a": 110, "l_margin": 0.45, "u_margin": 0.8, "lambda_g": 20, "scale": SCALE}

    def __init__(self):
        a = self.arguments
        source = load(self.path)
        self.linear = source.MagLinear(D, C, scale=SCALE)
        self.criterion = source.MagLoss(a["l_a"], a["u_a"], a["l_margin"], a["u_margin"], scale=SCALE)

    def loss(self, x, w, labels, noise, index):
        a = self.arguments
        slope = (a["u_margin"] - a["l_margin"]) / (a["u_a"] - a["l_a"])
        give(self.linear, "weight", w[:, 0].t())
        logits, norm = self.linear(x, lambda n: slope * (n - a["l_a"]) + a["l_margin"], a["l_a"], a["u_a"])
        classified, longer, _ = self.criterion(logits, labels, norm)
        return classified + a["lambda_g"] * longer


class Plain(Head):
    """A module from embeddings and labels to logits."""

    def loss(self, x, w, labels, noise, index):
        give(self.module, self.parameter, w[:, 0].t())
        result = self.module(x, labels)
        logits = result[0] if isinstance(result, tuple) else result
        return F.cross_entropy(logits, labels)


class CurricularFace(Plain):
    path = "CurricularFace/head/metrics.py"
    arguments = {"m": 0.5, "s": SCALE}
    parameter = "kernel"

    def __init__(self):
        self.module = load(self.path).CurricularFace(D, C, **self.arguments)

    def state(self):
        return {"t": self.module.t.item()}


class MvArc(Plain):
    path = "FaceX-Zoo/head/MV_Softmax.py"
    arguments = {"is_am": False, "margin": 0.35, "mv_weight": 1.12, "scale": SCALE}
    parameter = "weight"

    def __init__(self):
        self.module = load(self.path).MV_Softmax(D, C, **self.arguments)


class MvAm(MvArc):
    arguments = {"is_am": True, "margin": 0.35, "mv_weight": 1.12, "scale": SCALE}


class Circle(Plain):
    path = "FaceX-Zoo/head/CircleLoss.py"
    arguments = {"margin": 0.25, "gamma": SCALE}
    parameter = "weight"

    def __init__(self):
        self.module = load(self.path).CircleLoss(D, C, **self.arguments)


class ElasticArc(Plain):
    """The authors' margins are drawn by torch.normal, here from the noise that arcc draws."""

    path = "ElasticFace/utils/losses.py"
    arguments = {"s": SCALE, "m": 0.5, "std": 0.0125}
    parameter = "kernel"
    name = "ElasticArcFace"

    def __init__(self):
        self.source = load(self.path)
        self.module = getattr(self.source, self.name)(D, C, **self.arguments)

    def loss(self, x, w, labels, noise, index):
        drawn = MagicMock(wraps=torch)
        drawn.normal = lambda mean, std, size, device: mean + std * noise.reshape(size)
        self.source.torch = drawn
        return super().loss(x, w, labels, noise, index)


class ElasticCos(ElasticArc):
    name = "ElasticCosFace"
    arguments = {"s": SCALE, "m": 0.35, "std": 0.0125}


class ArcFace(ElasticArc):
    name = "ArcFace"
    arguments = {"s": SCALE, "m": 0.5}


class CosFace(ElasticArc):
    name = "CosFace"
    arguments = {"s": SCALE, "m": 0.35}


class UniFace(Head):
    path = "UniFace/head.py"
    arguments = {"m": 0.4, "s": SCALE, "l": 1.0, "r": 1.0}

    def __init__(self):
        self.module = load(self.path).Unified_Cross_Entropy_Loss(D, C, **self.arguments)
        self.learned = {"bias": self.module.bias}

    def loss(self, x, w, labels, noise, index):
        all_rows = torch.zeros(C, D).index_put((index,), w[:, 0])
        give(self.module, "weight", all_rows)
        return self.module(x, index[labels], index)

    def state(self):
        return {"bias": self.module.bias.item()}


class SphereFace(Head):
    """The authors' later code: the gradient passes the margin by."""

    path = "opensphere/opensphere/module/head/sphereface.py"
    arguments = {"s": SCALE, "m": 1.5}
    gradient = "straight_through"

    def __init__(self):
        self.module = load_beside_others(self.path).SphereFace(D, C, **self.arguments)

    def loss(self, x, w, labels, noise, index):
        give(self.module, "w", F.normalize(w[:, 0], dim=-1))
        return self.module(x, labels)


class SphereFaceExact(Head):
    """The paper's formula (arXiv:1704.08063, equation 7) with its own gradient, written out here."""

    arguments = {"s": SCALE, "m": 1.5}
    paper = "arXiv:1704.08063"

    def loss(self, x, w, labels, noise, index):
        cos = F.normalize(x) @ F.normalize(w[:, 0]).t()
        m = self.arguments["m"]
        angle = m * cos.gather(1, labels[:, None]).acos()
        k = (angle / math.pi).floor().detach()
        own = (1 - 2 * torch.remainder(k, 2)) * angle.cos() - 2 * k
        return F.cross_entropy(SCALE * cos.scatter(1, labels[:, None], own), labels)


class SubCenter(Head):
    """insightface's recognition/subcenter_arcface/train_parall.py (MXNet) in PyTorch's words: a class's cosine is the greatest of
    its centers', and ArcFace goes on from there."""

    per_class = 3
    arguments = {"s": SCALE, "m": 0.5, "K": 3}
    paper = "https://github.com/deepinsight/insightface, recognition/subcenter_arcface/train_parall.py"

    def loss(self, x, w, labels, noise, index):
        rows = F.normalize(w.reshape(-1, D))
        cos = (F.normalize(x) @ rows.t()).reshape(len(x), -1, self.per_class).amax(dim=2)
        own = (cos.gather(1, labels[:, None]).acos() + self.arguments["m"]).cos()
        return F.cross_entropy(SCALE * cos.scatter(1, labels[:, None], own), labels)


class Ldam(Head):
    """The authors' numbers are on a GPU and in single precision, here on the CPU and in double precision."""

    path = "LDAM-DRW/losses.py"
    arguments = {"max_m": 0.5, "s": SCALE}

    def __init__(self):
        source = load(self.path)
        source.torch = MagicMock(wraps=torch, uint8=torch.bool)
        source.torch.cuda.FloatTensor = torch.DoubleTensor
        self.module = source.LDAMLoss(PICTURES, **self.arguments)
        self.margins = self.module.m_list

    def loss(self, x, w, labels, noise, index):
        self.module.m_list = self.margins[index]
        return self.module(F.normalize(x) @ F.normalize(w[:, 0]).t(), labels)


class KappaFaceCounts(Head):
    """With the authors' weights of the counts alone: gamma = 0."""

    path = "KappaFace/losses.py"
    arguments = {"m": 0.62, "s": SCALE}

    def __init__(self):
        self.module = load(self.path).KappaFace(**self.arguments)
        self.weights = load("KappaFace/memory.py").LatentMemory(1, D, PICTURES, device="cpu").get_sample_weights()

    def loss(self, x, w, labels, noise, index):
        cos = F.normalize(x) @ F.normalize(w[:, 0]).t()
        return F.cross_entropy(self.module(cos, labels, self.weights[index]), labels)


HEADS = {
    "arcface": ArcFace,
    "cosface": CosFace,
    "sphereface": SphereFace,
    "sphereface-exact": SphereFaceExact,
    "adaface": AdaFace,
    "magface": MagFace,
    "curricularface": CurricularFace,
    "mv-arc": MvArc,
    "mv-am": MvAm,
    "elastic-arc": ElasticArc,
    "elastic-cos": ElasticCos,
    "circle": Circle,
    "uniface": UniFace,
    "sub-center": SubCenter,
    "ldam": Ldam,
    "kappaface-counts": KappaFaceCounts,
}


def rounded(number):
    return float(f"{number:.9g}")


def train(make, given, sampled):
    """Gradient descent on the embeddings, the centers of the step's classes, and what the margin learns."""
    head = make()
    x = embeddings().requires_grad_()
    w = centers(head.per_class).requires_grad_()
    losses, states, gradients = [], [], None
    for step in range(STEPS):
        index = torch.tensor(given["samples"][step] if sampled else range(C))
        labels = torch.searchsorted(index, LABELS)
        noise = torch.tensor(given["noise"][step])
        loss = head.loss(x, w[index], labels, noise, index)
        wrt = [x, w, *head.learned.values()]
        gradients = torch.autograd.grad(loss, wrt)
        with torch.no_grad():
            for tensor, gradient in zip(wrt, gradients):
                tensor -= given["lr"] * gradient
        losses.append(rounded(loss.item()))
        states.append({name: rounded(value) for name, value in head.state().items()})
    return {
        "losses": losses,
        "state": {name: [state[name] for state in states] for name in states[0]},
        # Of the last step.
        "gradients": {
            "embeddings": [rounded(g) for g in gradients[0].flatten().tolist()],
            "centers": [rounded(g) for g in gradients[1].flatten().tolist()],
        },
    }


def commit(path):
    folder = SOURCES / path.split("/")[0]
    run = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def main():
    given = json.loads((HERE / "given.json").read_text())
    chosen = sys.argv[2:] or HEADS
    for name, make in ((name, HEADS[name]) for name in chosen):
        source = {"file": make.path, "commit": commit(make.path)} if make.path else {"written_out_from": make.paper}
        figures = {
            "margin": name,
            "source": source,
            "arguments": make.arguments,
            "gradient": make.gradient,
            "per_class": make.per_class,
            "all": train(make, given, sampled=False),
            "sampled": train(make, given, sampled=True),
        }
        (HERE / "figures" / f"{name}.json").write_text(show(figures) + "\n")
        print(f"{name}: {figures['all']['losses'][0]:.4f} to {figures['all']['losses'][-1]:.4f}")


def show(value, depth=0):
    """JSON with one line for each list of numbers."""
    pad = "  " * (depth + 1)
    if isinstance(value, dict) and value:
        inside = ",\n".join(f"{pad}{json.dumps(key)}: {show(item, depth + 1)}" for key, item in value.items())
        return "{\n" + inside + "\n" + "  " * depth + "}"
    return json.dumps(value)


main()
