/** An evaluation as `arcc eval` writes it, of two pairs. */
import type { EvaluationFile } from '../../runtime/evaluate/report/evaluation-file.ts'

export function evaluationOf(
  network: Partial<EvaluationFile['network']>,
  recommended: Partial<EvaluationFile['recommended']> = {},
): EvaluationFile {
  const sha256 = 'b'.repeat(64)
  return {
    version: 1,
    arcc: '1.2.3',
    set: { name: 'lfw', path: 'lfw.bin', sha256, images: 4, pairs: 2, same: 1 },
    network: { path: 'w', sha256, backbone: 'r18', embedding: 512, precision: 'f32', ...network },
    accuracy: 1,
    deviation: 0,
    interval: [1, 1],
    folds: [],
    xnorm: 20,
    auc: 1,
    eer: { rate: 0, threshold: 0.3 },
    tarAtFar: [{ far: 0.1, tar: 1, threshold: 0.3 }],
    undetermined: [],
    recommended: { threshold: 0.25, far: 0.001, tar: 0.99, why: 'for tests', ...recommended },
    groups: [],
    roc: [],
    histogram: { edges: [-1, 1], same: [1], different: [1] },
    hardest: [],
    seconds: 1,
  }
}
