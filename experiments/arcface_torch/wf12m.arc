// WebFace12M: 617,970 people in 12.7 million images, on eight GPUs; and with deliberately wrong labels, with which section 4.5 of
// arXiv:2203.15565 shows that sampling and filtering are robust.

use base: base
use std.backbones: mbf, r100, r50
use std.datasets: wf12m, wf12m_conflict, wf12m_flip40
use std.margins: cosface, interclass_filter

/// configs/wf12m_r50.py
experiment wf12m_r50 extends base {
  dataset  = wf12m
  backbone = r50
  margin   = cosface(m: 0.4)
  evaluate.sets = []
}

/// configs/wf12m_r100.py
experiment wf12m_r100 extends wf12m_r50 { backbone = r100 }

/// configs/wf12m_pfc02_r100.py
experiment wf12m_pfc02_r100 extends wf12m_r100 { centers.sample_rate = 20% }

/// configs/wf12m_mbf.py
experiment wf12m_mbf extends wf12m_r50 {
  backbone = mbf
  train.optimizer.weight_decay = 1e-4
}

/// configs/wf12m_conflict_r50.py: people who are split over several identities.
experiment wf12m_conflict_r50 extends wf12m_r50 {
  dataset = wf12m_conflict
  train.schedule.warmup = 2 epochs
}

/// configs/wf12m_conflict_r50_pfc03_filter04.py
experiment wf12m_conflict_r50_pfc03_filter04 extends wf12m_conflict_r50 {
  margin = cosface(m: 0.4) |> interclass_filter(threshold: 0.4)
  centers.sample_rate = 30%
}

/// configs/wf12m_flip_r50.py: 40 % of the labels are wrong.
experiment wf12m_flip_r50 extends wf12m_conflict_r50 { dataset = wf12m_flip40 }

/// configs/wf12m_flip_pfc01_filter04_r50.py
experiment wf12m_flip_pfc01_filter04_r50 extends wf12m_flip_r50 {
  margin = cosface(m: 0.4) |> interclass_filter(threshold: 0.4)
  centers.sample_rate = 10%
}
