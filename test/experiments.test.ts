/**
 * Every experiment compiles and plans. `test/golden` contains the full plans of the experiments in `experiments/`, and one line each
 * for those in its folders. Re-record with `npx vitest run test/experiments.test.ts --update`.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { experimentNames } from '../cli/host/entry.ts'
import { fileHost } from '../cli/host/host.ts'
import { documentLook } from '../cli/render/look.ts'
import { renderPlan } from '../cli/render/plan.ts'
import { renderVariants } from '../cli/render/variants.ts'
import { compileExperiment, compileVariants } from '../compiler/driver.ts'
import type { Host } from '../compiler/host/host.ts'
import { type PlanDocument, planSchema } from '../compiler/plan/document.ts'
import { need } from '../grammar/diagnostic.ts'
import { packageFolder } from '../runtime/package-folder.ts'

/** The package as cloned: no data, no environment. */
const host: Host = { ...fileHost(packageFolder, {}), countDataset: () => undefined, cpuKernels: () => 'native' }

const entryOf = (file: string) => need(host.readSource(`experiments/${file}`), file)

const filesOf = (folder: string) =>
  readdirSync(join(packageFolder, 'experiments', folder), { withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith('.arc'))
    .map((file) => join(folder, file.name))

function experimentsOf(file: string) {
  const { program } = compileExperiment({ entry: entryOf(file), until: 'parse' }, host)
  return experimentNames(need(program, file)).map((name) => ({ file, name }))
}

/** The plans of an experiment's variants, or its only one. */
function plansOf(file: string, experiment: string): readonly PlanDocument[] {
  return [...compileVariants({ entry: entryOf(file), experiment }, host)].map(({ plan, diagnostics }) => {
    // The golden file shows whether a plan does not fit.
    expect(diagnostics.filter((diagnostic) => diagnostic.severity === 'error')).toEqual([])
    return need(plan, `the plan of ${experiment}`).document
  })
}

const experiments = filesOf('').flatMap(experimentsOf)
const folders = readdirSync(join(packageFolder, 'experiments'), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

const isValid = new Ajv({ allErrors: true }).compile(planSchema)
const plans = new Map<string, PlanDocument>()
function planOf(file: string, experiment: string): PlanDocument {
  const known = plans.get(experiment)
  if (known !== undefined) return known
  const { plan, diagnostics } = compileExperiment({ entry: entryOf(file), experiment }, host)
  expect(diagnostics).toEqual([])
  const { document } = need(plan, `the plan of ${experiment}`)
  plans.set(experiment, document)
  return document
}

describe.each(experiments)('$name of $file', ({ file, name }) => {
  test('its plan', async () => {
    const text = `${renderPlan(planOf(file, name), documentLook).join('\n')}\n`
    await expect(text).toMatchFileSnapshot(`golden/${name}.plan.txt`)
  })

  test('its document is what the schema says', () => {
    expect(isValid(planOf(file, name)), JSON.stringify(isValid.errors)).toBe(true)
  })
})

describe.each(folders)('experiments/%s', (folder) => {
  const own = filesOf(folder).flatMap(experimentsOf)

  test('their plans', async () => {
    const documents = own.flatMap(({ file, name }) => plansOf(file, name))
    for (const document of documents) expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true)
    const rows = documents.map((plan) => ({ name: plan.experiment.name, plan, errors: [] }))
    const text = `${renderVariants(rows, documentLook).join('\n')}\n`
    await expect(text).toMatchFileSnapshot(`golden/${folder}.plans.txt`)
  }, 120_000)

  test('no name comes twice', () => {
    const names = own.map(({ name }) => name)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })
})

/** Partial FC on Glint360K with eight devices, against figures derived from the paper's configuration. */
test('Glint360K: parameters, shards and state', () => {
  const { model, centers } = planOf('glint360k_r100_pfc0.1.arc', 'glint360k_r100_pfc0_1')
  expect(model.parameters / 1e6).toBeCloseTo(65.16, 2)
  expect(centers.perDevice).toEqual(Array.from({ length: 8 }, () => 360_232 / 8))
  expect(centers.stateBytesPerDevice).toBe(45_029 * 512 * 4 * 2)
})

describe('--set sees the standard library', () => {
  const files = [...filesOf(''), ...folders.flatMap(filesOf)]
  const settings = [
    'machine=dgx_h100(nodes: 1)',
    'backbone=r18',
    'dataset=synthetic(identities: 64, per_identity: 8, holdout: 8)',
  ]

  test.each(files)('in %s', (file) => {
    const overrides = [...settings, 'train.batch=12 per device'].map((text) => ({ path: '--set', text }))
    for (const { name } of experimentsOf(file))
      for (const { experiment, diagnostics } of compileVariants(
        { entry: entryOf(file), experiment: name, overrides, until: 'elaborate' },
        host,
      )) {
        expect(diagnostics).toEqual([])
        expect(experiment?.machine.device.name).toBe('NVIDIA H100 SXM5 80 GB')
        expect(experiment?.dataset.name).toBe('synthetic')
      }
  })
})
