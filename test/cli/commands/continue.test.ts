/** `arcc run --continue`: one command that starts a run and, given again, goes on with it. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { exitCode } from '../../../cli/render/exit.ts'
import { runInstalled } from '../../helpers/installed.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

const text = `use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

backbone tiny on Image(112, 112, 3) -> Vector(8) { input |> conv(4, stride: 8) |> batch_norm |> prelu |> flatten |> linear(8) }

experiment small {
  dataset  = synthetic(identities: 8, per_identity: 4, holdout: 4)
  backbone = tiny
  margin   = cosface
  machine  = cpu
  train { batch = 8 global, steps = 2, optimizer = sgd(lr: 0.1) }
}
experiment other extends small {}
experiment swept extends small { sweep.train.optimizer.lr = [0.1, 0.2] }
`

const run = (experiment: string, into: string, ...more: readonly string[]) =>
  runInstalled(folder, ['run', 'a.arc', experiment, '--folder', into, '--continue', '--engine', 'tfjs', ...more])
const stepsOf = (into: string) => readdirSync(join(folder, into, 'checkpoints')).sort()

beforeAll(() => writeFileSync(join(folder, 'a.arc'), text))

test('starts a run, goes on with it, and leaves a finished one alone', async () => {
  expect((await run('small', 'whole', '--set', 'train.steps=3')).code).toBe(exitCode.ok)
  expect((await run('small', 'parts')).code).toBe(exitCode.ok)
  expect(stepsOf('parts')).toEqual(['step-000002'])
  const longer = await run('small', 'parts', '--set', 'train.steps=3')
  expect(longer.code).toBe(exitCode.ok)
  expect(longer.out).toContain('resumed  step 2')
  expect(stepsOf('parts')).toContain('step-000003')
  const weights = (into: string) => readFileSync(join(folder, into, 'weights.safetensors'))
  expect(weights('parts').equals(weights('whole'))).toBe(true)
  const again = await run('small', 'parts', '--set', 'train.steps=3')
  expect(again).toMatchObject({ code: exitCode.ok, err: expect.stringContaining('is finished') })
})

test('goes on with each variant of a sweep', async () => {
  expect((await run('swept', 'sweep')).code).toBe(exitCode.ok)
  const variants = readdirSync(join(folder, 'sweep'))
  expect(variants).toHaveLength(2)
  const longer = await run('swept', 'sweep', '--set', 'train.steps=3')
  expect(longer.out.match(/resumed {2}step 2/g)).toHaveLength(2)
  for (const variant of variants) expect(stepsOf(join('sweep', variant))).toContain('step-000003')
})

test('refuses the folder of another experiment, and one that is no run', async () => {
  expect((await run('small', 'mine')).code).toBe(exitCode.ok)
  expect(await run('other', 'mine')).toMatchObject({
    code: exitCode.user,
    err: expect.stringContaining('it is one of the experiment small, not of other'),
  })
  writeFileSync(join(folder, 'notes.txt'), '')
  expect(await run('small', '.')).toMatchObject({ code: exitCode.user, err: expect.stringContaining('is not empty') })
  expect(existsSync(join(folder, 'run.json'))).toBe(false)
})
