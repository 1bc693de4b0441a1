"""The process that runs PyTorch's steps with arcface_torch's own networks and head; called by bench:train.

    python3 torch_train.py ARCFACE_TORCH TASK LAYOUT EFFORT THREADS

TASK and EFFORT are JSON (rows.ts, samples.ts); LAYOUT is nchw or channels_last. The optimizer, the clip and the order of a step are those
of arcface_torch's train_v2.py. Prints a report (samples.ts) as one line.
"""

import json
import sys
import warnings

import torch
from torch import nn

import arcface_torch
from torch_samples import peak_memory, take_samples

folder, task, layout, effort, threads = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4]), int(sys.argv[5])
# The networks name CUDA's autocast, which says on a CPU that it does nothing.
warnings.filterwarnings("ignore")
torch.set_num_threads(threads)
torch.manual_seed(0)
source = arcface_torch.load(folder)

batch, width = task["batch"], task["width"]
if "network" in task:
    network = source.get_model(task["network"], fp16=False, num_features=width)
    inputs = torch.rand(batch, 3, 112, 112) * 2 - 1
else:
    network = nn.BatchNorm1d(width)
    inputs = torch.rand(batch, width) * 2 - 1
if layout == "channels_last":
    network = network.to(memory_format=torch.channels_last)
    inputs = inputs.contiguous(memory_format=torch.channels_last)
network.train()
head = source.partial_fc(task)
labels = (torch.arange(batch) * 7919) % task["classes"]
half = task["precision"] == "bf16"
optimizer = torch.optim.SGD(
    [{"params": network.parameters()}, {"params": head.parameters()}],
    lr=task["lr"],
    momentum=task["momentum"],
    weight_decay=task["decay"],
)


def step():
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        embeddings = network(inputs)
    loss = head(embeddings.float(), labels.clone())
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), task["clip"])
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


samples, losses = take_samples(step, effort)
report = {
    "samples": samples,
    "peak": peak_memory(),
    "losses": losses,
    "loadSeconds": 0,
    "with": f"PyTorch {torch.__version__}",
}
print(json.dumps(report))
