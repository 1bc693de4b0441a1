/** A sweep of N variants is elaborated N times, whatever it is compiled for. */
import { expect, it } from 'vitest'
import { compileFile, compileVariants } from '../../compiler/driver.ts'
import { memoryHost } from '../helpers/diagnose.ts'
import { experimentText } from '../helpers/resolve.ts'

const text = experimentText(
  `  sweep { train.optimizer.lr = [0.1, 0.2, 0.3] }
  dataset = counted()
  evaluate.sets = []`,
  'dataset counted() { format = folder, root = env("COUNTED"), identities = 20, images = 160 }',
)
const entry = { path: 'test.arc', text }

/** How often the data set of the swept experiment is evaluated, and the errors on the way. */
function counting(
  compile: (host: ReturnType<typeof memoryHost>) => Iterable<{ readonly diagnostics: readonly unknown[] }>,
) {
  let count = 0
  const host = {
    ...memoryHost(),
    env(name: string) {
      if (name === 'COUNTED') count += 1
      return undefined
    },
  }
  const diagnostics = [...compile(host)].flatMap((compilation) => compilation.diagnostics)
  return { count, diagnostics }
}

it.each(['elaborate', 'plan'] as const)('to %s', (until) => {
  const swept = counting((host) => compileVariants({ entry, experiment: 'run', until }, host))
  expect(swept).toEqual({ count: 3, diagnostics: [] })
})

it('with the other experiments of its file', () => {
  expect(counting((host) => compileFile({ entry, until: 'elaborate' }, host))).toEqual({ count: 3, diagnostics: [] })
})
