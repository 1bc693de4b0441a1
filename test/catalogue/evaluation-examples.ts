/** Example parameters of ARC632x: errors of `arcc eval`. */
import type { reportErrors } from '../../runtime/evaluate/report/messages.ts'
import type { Examples } from './render.ts'

export const evaluationExamples: Examples<typeof reportErrors.catalogue> = {
  ARC6320: [{ path: 'runs/quickstart-001/evaluations/lfw/evaluation.json', reason: 'it is not JSON' }],
  ARC6321: [
    { set: 'lwf', names: ['holdout', 'lfw'], near: 'lfw' },
    { set: 'sets/lfw.bin', names: [], near: '' },
  ],
  ARC6322: [{ path: 'r50.pt' }],
  ARC6323: [{ path: 'runs/quickstart-001' }],
  ARC6324: [{ first: 'a/lfw.bin', second: 'b/lfw.bin', folder: 'runs/quickstart-001/evaluations/lfw' }],
  ARC6325: [{ set: 'lfw', different: 3000, far: '1e-4', needed: 10_000, least: '0.00034' }],
  ARC6326: [{ folder: '/archive/quickstart-001/evaluations/lfw', reason: 'the file system is read-only' }],
  ARC6327: [{ option: '--root', what: 'a list of pairs' }],
  ARC6328: [{ name: 'ijbc', command: 'arcc eval runs/r50-001 --ijb /data/ijbc --subset ijbc' }],
}
