// Data sets: generated, on disk, and published ones with their counts.

/// Generated faces with learnable identities and varying pose, light and expression: training without any data.
/// `holdout` additional identities are generated for verification.
dataset synthetic(identities: int, per_identity: int, holdout: int = 0, seed: int = 1, nuisance: float = 0.5) {
  // Classes are numbered in 32 bits.
  require identities + holdout < 2147483648
  format = synthetic
}

/// A folder with one sub-folder of images per person. The last `holdout` people, by name, are held out for verification.
dataset folder(root: string, holdout: int = 0) {
  format = folder
}

/// A set packed for MXNet by InsightFace or `im2rec`: the folder of `train.rec`, or any `.rec` file. Its classes are counted unless
/// `property` states them. The last `holdout` classes are held out for verification.
dataset recordio(root: string, holdout: int = 0, first_label: int = 0) {
  format = recordio
}

/// MS1MV2 (arXiv:1801.07698), cleaned by ArcFace.
dataset ms1mv2(root: string = env("MS1MV2")) {
  format = recordio, identities = 85742, images = 5822653
}

/// MS1MV3 (arXiv:1905.00641), cleaned by RetinaFace.
dataset ms1mv3(root: string = env("MS1MV3")) {
  format = recordio, identities = 93431, images = 5179510
}

/// Glint360K (arXiv:2010.05222).
dataset glint360k(root: string = env("GLINT360K")) {
  format = recordio, identities = 360232, images = 17091657
}

/// WebFace4M (arXiv:2103.04098).
dataset wf4m(root: string = env("WF4M")) {
  format = recordio, identities = 205990, images = 4235242
}

/// WebFace12M (arXiv:2103.04098).
dataset wf12m(root: string = env("WF12M")) {
  format = recordio, identities = 617970, images = 12720066
}

/// WebFace12M with people split over several identities (arXiv:2203.15565).
dataset wf12m_conflict(root: string = env("WF12M_CONFLICT")) {
  format = recordio, identities = 1017970, images = 12720066
}

/// WebFace12M with two fifths of the labels flipped (arXiv:2203.15565).
dataset wf12m_flip40(root: string = env("WF12M_FLIP40")) {
  format = recordio, identities = 617970, images = 12720066
}

/// WebFace42M (arXiv:2103.04098).
dataset wf42m(root: string = env("WF42M")) {
  format = recordio, identities = 2059906, images = 42474557
}

test "nothing is held out where nothing is said" {
  assert synthetic(identities: 100, per_identity: 8).holdout == 0
}
