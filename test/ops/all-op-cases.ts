/** The shared table of op cases: what each op means, on every engine. */
import type { OpCase } from '../helpers/op-case.ts'
import { controlCases } from './control.cases.ts'
import { convCases } from './conv.cases.ts'
import { elementwiseCases } from './elementwise.cases.ts'
import { integerCases } from './integer.cases.ts'
import { linalgCases } from './linalg.cases.ts'
import { movementCases } from './movement.cases.ts'
import { poolCases } from './pool.cases.ts'

/** Covers every op kind; names are unique. */
export const allOpCases: readonly OpCase[] = [
  ...elementwiseCases,
  ...integerCases,
  ...movementCases,
  ...linalgCases,
  ...convCases,
  ...poolCases,
  ...controlCases,
]
