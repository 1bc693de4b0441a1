// Schedules: the factor of the learning rate over the run. Their names need no `use`.

/// The same learning rate in every step.
schedule constant {
  factor() = 1
}

/// `fall` after a linear rise over the first `rise` steps, whose first step has the rate of the second, not 0.
fn after_warmup(step: scalar, rise: scalar, fall: scalar) -> scalar {
  if rise == 0 then fall else (if step < rise then max(step, 1) / rise else fall)
}

/// Linear warmup over `warmup`, then a decay to 0 at the end of the run: a power of the remaining fraction. As in arcface_torch,
/// except for the first step, which does not use the full rate.
schedule polynomial(power: float = 1, warmup: duration = 0 epochs) {
  require power > 0
  factor(step, total, epoch) {
    let rise = in_steps(warmup, epoch)
    let left = max(1 - (step - rise) / max(total - rise, 1), 0)
    let fall = left ** power
    after_warmup(step, rise, fall)
  }
}

/// Linear warmup over `warmup`, then half a cosine wave down to `least` (arXiv:1608.03983).
schedule cosine(warmup: duration = 0 epochs, least: float = 0) {
  require least >= 0 and least <= 1
  factor(step, total, epoch) {
    let rise = in_steps(warmup, epoch)
    let done = min(max((step - rise) / max(total - rise, 1), 0), 1)
    let fall = least + (1 - least) * 0.5 * (1 + cos(done * 180 deg))
    after_warmup(step, rise, fall)
  }
}

/// Linear warmup over `warmup`, then the full rate, times `gamma` from each of the milestones on: `[10 epochs, 16 epochs]`,
/// `[20000 steps]`. PyTorch's `MultiStepLR`.
schedule multistep(milestones: [duration], gamma: float = 0.1, warmup: duration = 0 epochs) {
  require milestones.length > 0
  require gamma > 0 and gamma <= 1
  factor(step, epoch) {
    let rise = in_steps(warmup, epoch)
    let fall = for milestone in milestones carry rate = 1 {
      if step < in_steps(milestone, epoch) then rate else rate * gamma
    }
    after_warmup(step, rise, fall)
  }
}

/// Linear warmup over `warmup`, then the full rate, times `gamma` after every `every` since the start of the run, in whole steps.
/// PyTorch's `StepLR`.
schedule step_decay(every: duration, gamma: float = 0.1, warmup: duration = 0 epochs) {
  require gamma > 0 and gamma <= 1
  factor(step, epoch) {
    let length = max(round(in_steps(every, epoch)), 1)
    // Half a step more, so that rounding cannot reach a whole number.
    let falls = floor((step + 0.5) / length)
    after_warmup(step, in_steps(warmup, epoch), gamma ** falls)
  }
}

test "polynomial rises, then falls to nothing" {
  let schedule = polynomial(power: 1, warmup: 2 epochs)
  assert schedule.factor(0, 100, 10) == 0.05
  assert schedule.factor(10, 100, 10) == 0.5
  assert schedule.factor(20, 100, 10) == 1
  assert schedule.factor(60, 100, 10) == 0.5
  assert schedule.factor(100, 100, 10) == 0
  assert polynomial(power: 2).factor(50, 100, 10) == 0.25
}

test "cosine ends where it is told to" {
  assert cosine().factor(0, 100, 10) == 1
  assert abs(cosine().factor(50, 100, 10) - 0.5) < 1e-9
  assert abs(cosine(least: 0.1).factor(100, 100, 10) - 0.1) < 1e-9
}

test "multistep falls at its milestones" {
  let schedule = multistep([4 epochs, 60 steps], gamma: 0.5, warmup: 5 steps)
  assert schedule.factor(1, 100, 10) == 0.2
  assert schedule.factor(39, 100, 10) == 1
  assert schedule.factor(40, 100, 10) == 0.5
  assert schedule.factor(59, 100, 10) == 0.5
  assert schedule.factor(60, 100, 10) == 0.25
}

test "step decay falls again and again" {
  let schedule = step_decay(every: 2 epochs, gamma: 0.5, warmup: 5 steps)
  assert schedule.factor(1, 100, 10) == 0.2
  assert schedule.factor(19, 100, 10) == 1
  assert schedule.factor(20, 100, 10) == 0.5
  assert schedule.factor(40, 100, 10) == 0.25
  assert step_decay(every: 3 steps).factor(8, 100, 10) ≈ 0.01
}
