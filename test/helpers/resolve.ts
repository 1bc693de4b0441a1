/** Runs the phases up to elaboration on a text. */
import { checkOverrides, checkProgram } from '../../compiler/check/check.ts'
import { resolveExperiment } from '../../compiler/elaborate/experiment.ts'
import type { Experiment } from '../../compiler/experiment/experiment.ts'
import { loadProgram } from '../../compiler/names/load.ts'
import type { Program } from '../../compiler/names/program.ts'
import { type Diagnostic, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { parseSetting } from '../../grammar/parser/parser.ts'
import { memoryHost } from './diagnose.ts'

export interface Resolved {
  readonly program: Program
  readonly experiment: Experiment | undefined
  readonly diagnostics: readonly Diagnostic[]
}

export interface ResolveOptions {
  readonly name?: string
  readonly settings?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** False skips the checker, so that evaluation has to handle its errors. */
  readonly check?: boolean
}

export function resolveText(text: string, options: ResolveOptions = {}): Resolved {
  const { name, settings = [], files = {}, env = {}, check = true } = options
  const bag = new DiagnosticBag()
  const host = memoryHost(files, env)
  const overrides = settings.flatMap((setting) => parseSetting({ path: '--set', text: setting }, bag) ?? [])
  const program = loadProgram({ path: 'test.arc', text }, host, bag, overrides)
  if (check && !bag.hasErrors) {
    checkProgram(program, bag)
    checkOverrides(program, name, overrides, bag)
  }
  const experiment = check && bag.hasErrors ? undefined : resolveExperiment(program, name, overrides, host, bag)
  return { program, experiment, diagnostics: bag.sorted() }
}

/** A complete experiment; `body` comes after the default fields and overrides them. */
export function experimentText(body = '', declarations = ''): string {
  return `use std.backbones: iresnet
use std.datasets
use std.machines
use std.margins
${declarations}
let tiny = iresnet(depths: [1, 1, 1, 1], channels: [4, 8, 8, 16], stem: 4, embedding: 16)
experiment base {
  dataset = synthetic(identities: 20, per_identity: 8, holdout: 4)
  backbone = tiny
  margin = arcface(m: 0.5 rad, scale: 64)
  machine = cpu(devices: 2)
  train { batch = 4 per device, epochs = 2, optimizer = sgd(lr: 0.1) }
}
experiment run extends base {
${body}
}
`
}

export function resolveBody(
  body: string,
  declarations: string | undefined = '',
  options: ResolveOptions = {},
): Resolved {
  return resolveText(experimentText(body, declarations), { name: 'run', ...options })
}
