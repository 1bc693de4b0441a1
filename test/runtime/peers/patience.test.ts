import { expect, it } from 'vitest'
import { createPatience } from '../../../runtime/peers/patience.ts'
import type { Refusal } from '../../../runtime/peers/store/refusal.ts'

const refused = (refusal: Refusal) => ({ how: 'refused', refusal, reason: '' }) as const
const unreachable = { how: 'unreachable', reason: '' } as const
const stranger = { how: 'stranger', reason: '' } as const
type Step = readonly [
  at: number,
  what: ReturnType<typeof refused> | typeof unreachable | typeof stranger,
  goesOn: boolean,
]

it.each<[string, boolean, readonly Step[]]>([
  [
    'whoever is not there yet is waited for until the end',
    false,
    [
      [0, unreachable, true],
      [599_000, unreachable, true],
      [600_000, unreachable, false],
    ],
  ],
  ['another program is not', true, [[0, stranger, false]]],
  ['a rank that is taken is an error', false, [[0, refused('taken'), false]]],
  ['so is a run that is over', false, [[0, refused('over'), false]]],
  [
    'the next run is waited for',
    true,
    [
      [0, refused('over'), true],
      [599_000, refused('over'), true],
      [600_000, refused('over'), false],
    ],
  ],
  [
    'a rank that is taken is waited for from when it was found taken',
    true,
    [
      [0, unreachable, true],
      [100_000, refused('taken'), true],
      [129_000, refused('taken'), true],
      [130_000, refused('taken'), false],
    ],
  ],
  [
    'again from the start, if the store was gone meanwhile',
    true,
    [
      [0, refused('taken'), true],
      [20_000, unreachable, true],
      [29_000, refused('taken'), true],
      [58_000, refused('taken'), true],
    ],
  ],
  [
    'but not beyond the time for joining',
    true,
    [
      [590_000, refused('taken'), true],
      [600_000, refused('taken'), false],
    ],
  ],
  ['a wrong token does not become right', true, [[0, refused('token'), false]]],
])('%s', (_, waitsForNext, steps) => {
  const goesOn = createPatience({ timeoutMs: 600_000, waitsForNext })
  expect(steps.map(([at, attempt]) => goesOn(attempt, at))).toEqual(steps.map(([, , expected]) => expected))
})
