/** Example parameters of ARC684x: errors of `arcc report` and `arcc runs`. */
import type { runsErrors } from '../../cli/runs/messages.ts'
import type { Examples } from './render.ts'

export const runsExamples: Examples<typeof runsErrors.catalogue> = {
  ARC6840: [
    { folder: 'faces', reason: 'none of run.json, log.ndjson, plan.yaml is in it', others: [] },
    {
      folder: 'runs',
      reason: 'none of run.json, log.ndjson, plan.yaml is in it',
      others: ['runs/a-001', 'runs/a-002'],
    },
  ],
  ARC6841: [
    { folder: 'runs', set: 'agedb', sets: ['lfw', 'agedb_30'] },
    { folder: 'runs', set: 'lfw', sets: [] },
  ],
  ARC6842: [{ folder: 'runs', reason: 'no such file or folder' }],
}
