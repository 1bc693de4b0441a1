"""arcface_torch's networks and its PartialFC_V2, from a checkout of it, on a CPU."""

import importlib.util
import os
import sys
import types

import torch
from torch import distributed, nn


class Source:
    def __init__(self):
        from backbones import get_model
        from losses import CombinedMarginLoss
        from partial_fc_v2 import PartialFC_V2

        self.get_model = get_model
        self.margin, self.head = CombinedMarginLoss, PartialFC_V2

    def partial_fc(self, task):
        """The head, with CosFace's margin."""
        margin = self.margin(task["scale"], 1.0, 0.0, task["margin"])
        return self.head(margin, task["width"], task["classes"], task["rate"], False).train()


def load(folder):
    """Makes the modules in `folder` importable and usable in one process without a GPU."""
    if importlib.util.find_spec("timm") is None:
        stand_in_for_timm()
    # The head moves its tensors to a GPU by name; here they stay.
    torch.Tensor.cuda = lambda self, *_, **__: self
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    sys.path.insert(0, folder)
    return Source()


class DropPath(nn.Module):
    """Stochastic depth (arXiv:1603.09382): in training the whole branch of a sample is 0 with probability `rate`."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training:
            return x
        keep = 1 - self.rate
        return x * x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(keep).div_(keep)


def stand_in_for_timm():
    """The three names of timm that the vision transformer imports."""
    layers = types.ModuleType("timm.models.layers")
    layers.DropPath = DropPath
    layers.to_2tuple = lambda value: (value, value)
    layers.trunc_normal_ = nn.init.trunc_normal_
    sys.modules.update({"timm": types.ModuleType("timm"), "timm.models": types.ModuleType("timm.models"), "timm.models.layers": layers})
