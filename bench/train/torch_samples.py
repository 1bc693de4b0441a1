"""Times steps, and the processor's time meanwhile, as samples.ts does."""

import resource
import time

SHORTEST = 0.5
TICKS_PER_SECOND = 100


def read_clock():
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = (int(n) for n in file.readline().split()[1:9])
    own = resource.getrusage(resource.RUSAGE_SELF)
    busy = (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
    return time.perf_counter(), own.ru_utime + own.ru_stime, busy


def is_enough(samples, taken, effort):
    if taken >= effort["most"]:
        return True
    quiet = [s for s in samples if (s["busy"] - s["own"]) / s["seconds"] <= effort["others"]]
    return taken >= effort["seconds"] and len(quiet) >= effort["quiet"]


def take_samples(step, effort):
    losses = [step() for _ in range(effort["warmUp"])]
    samples = []
    first = last = read_clock()
    steps = 0
    while True:
        losses.append(step())
        steps += 1
        now = read_clock()
        if now[0] - last[0] < SHORTEST:
            continue
        seconds, own, busy = (a - b for a, b in zip(now, last))
        samples.append({"steps": steps, "seconds": seconds, "own": own, "busy": busy})
        last, steps = now, 0
        if is_enough(samples, now[0] - first[0], effort):
            return samples, losses


def peak_memory():
    """The most memory that this process has had, in bytes."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
