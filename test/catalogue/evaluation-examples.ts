/** Example parameters of ARC632x and ARC633x: errors of `arcc eval`. */
import type { reportErrors } from '../../runtime/evaluate/report/messages.ts'
import type { Examples } from './render.ts'

export const evaluationExamples: Examples<typeof reportErrors.catalogue> = {
  ARC6320: [{ path: 'runs/quickstart-001/evaluations/lfw/evaluation.json', reason: 'it is not JSON' }],
}
