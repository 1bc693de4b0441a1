/**
 * `npm run bench:backbones -- --python PYTHON [--engine tfjs] [NAME…]`: the backbones of the standard library that arcface_torch does
 * not have, in full size, against PyTorch modules written from the papers (`backbones_torch.py`), in f64, on the same weights and
 * four images. Exit code 1 if parameters or names differ, or a figure by more than 1e-4; gradients also if by more than three times as
 * much as PyTorch's own in f32 and in f64, whose rounding many normalizations of four images magnify.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { elaborateBackbone } from '../cli/host/carrier.ts'
import { fileHost } from '../cli/host/host.ts'
import { countParameters } from '../compiler/evaluate/backbone.ts'
import { need } from '../grammar/diagnostic.ts'
import { createEngine } from '../runtime/engines/create-engine.ts'
import { oneProcess } from '../runtime/world.ts'
import { type BackboneFigures, compareBackbone } from './backbone-figures.ts'

const TOLERANCE = 1e-4
const IMAGES = 4

/** Nothing is dropped at random: PyTorch would drop other numbers. */
const networks: Readonly<Record<string, string>> = {
  ir_se50: 'ir_se50(dropout: 0.0)',
  ghostfacenet_v1_s1: 'ghostfacenet_v1_s1',
  ghostfacenet_v1_s2: 'ghostfacenet_v1_s2',
  convnext_t: 'convnext_t(drop: 0.0)',
  swin_t: 'swin_t(drop: 0.0)',
}

const { values, positionals } = parseArgs({
  options: { python: { type: 'string' }, engine: { type: 'string', default: 'xla' } },
  allowPositionals: true,
})
const { python } = values
const names = positionals.length > 0 ? positionals : Object.keys(networks)
if (python === undefined || names.some((name) => networks[name] === undefined)) {
  const known = Object.keys(networks).join(' ')
  process.stderr.write(`usage: npm run bench:backbones -- --python PYTHON [--engine tfjs] [NAME…]\nnames: ${known}\n`)
  process.exit(1)
}

function toleranceOf(what: string, { rounding }: BackboneFigures): number {
  return what === 'gradients' ? Math.max(TOLERANCE, 3 * rounding) : TOLERANCE
}

const folder = mkdtempSync(join(tmpdir(), 'arcc-backbones-'))
let isWrong = false
try {
  const reference = join(import.meta.dirname, 'backbones_torch.py')
  for (const name of names) {
    execFileSync(python, [reference, folder, String(IMAGES), name], { stdio: 'inherit' })
    const figures = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as BackboneFigures
    const { experiment } = elaborateBackbone(need(networks[name], name), fileHost())
    const { backbone } = need(experiment, name)
    const engine = await createEngine(values.engine === 'tfjs' ? 'tfjs' : 'xla', oneProcess(1), () => {})
    const { names: unpaired, ...differences } = await compareBackbone(backbone, figures, engine)
    engine.dispose()
    const parameters = countParameters(backbone.parameters)
    const isRight =
      parameters === figures.parameters &&
      unpaired.length === 0 &&
      Object.entries(differences).every(([what, difference]) => difference <= toleranceOf(what, figures))
    isWrong ||= !isRight
    const told = Object.entries(differences).map(([what, difference]) => `${what} ${difference.toExponential(1)}`)
    const others = unpaired.length === 0 ? '' : `, names of one side only: ${unpaired.join(' ')}`
    process.stdout.write(
      `${name}: ${(parameters / 1e6).toFixed(2)} M parameters (PyTorch ${(figures.parameters / 1e6).toFixed(2)} M), apart by: ${told.join(', ')} (PyTorch in f32 ${figures.rounding.toExponential(1)})${others}\n`,
    )
  }
} finally {
  rmSync(folder, { recursive: true })
}
process.exit(isWrong ? 1 : 0)
