/** An otherwise unused experiment around a backbone, a machine or a data set of the command line. */
import { compileExperiment } from '../../compiler/driver.ts'
import type { Experiment } from '../../compiler/experiment/experiment.ts'
import type { Host } from '../../compiler/host/host.ts'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { overrideSources } from './entry.ts'

const carrier = (path: string, machine: string): SourceFile => ({
  path,
  text: `use std.backbones: mbf
use std.datasets: synthetic
use std.machines: ${machine.replace(/\(.*/s, '')}
use std.margins: cosface

experiment given {
  dataset  = synthetic(identities: 2, per_identity: 1)
  backbone = mbf
  margin   = cosface
  machine  = ${machine}
  train { batch = 1 per device, epochs = 1, optimizer = sgd(lr: 0.1) }
}
`,
})

const usualMachine = 'cpu(devices: 1)'

export interface Elaborated {
  /** `undefined` after errors. */
  readonly experiment: Experiment | undefined
  /** Errors only: warnings are about the training. */
  readonly diagnostics: readonly Diagnostic[]
}

/** Elaborates an experiment without planning it: neither its data set nor its machine is looked at. */
export function elaborate(
  entry: SourceFile,
  experiment: string | undefined,
  set: readonly string[],
  host: Host,
): Elaborated {
  const compiled = compileExperiment({ entry, experiment, overrides: overrideSources(set), until: 'elaborate' }, host)
  const diagnostics = compiled.diagnostics.filter(({ severity }) => severity === 'error')
  return { experiment: diagnostics.length > 0 ? undefined : compiled.experiment, diagnostics }
}

/** The carrier with another backbone: `r50(embedding: 256)`. */
export function elaborateBackbone(expression: string, host: Host): Elaborated {
  return elaborate(carrier('the network', usualMachine), undefined, [`backbone=${expression}`], host)
}

/** The carrier on another machine: `local(devices: 2)`. */
export function elaborateMachine(expression: string, host: Host): Elaborated {
  return elaborate(carrier('the network', expression), undefined, [], host)
}

/** The carrier of a data set, which takes its place: `dataset=folder(root: "faces")`. */
export const datasetCarrier = carrier('the data set', usualMachine)
