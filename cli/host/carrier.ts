/** An otherwise unused experiment around a backbone and a machine of the command line. */
import { compileExperiment } from '../../../compiler/driver.ts'
import type { Experiment } from '../../../compiler/experiment/experiment.ts'
import type { Host } from '../../../compiler/host/host.ts'
import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import type { SourceFile } from '../../../grammar/source.ts'
import { overrideSources } from '../entry.ts'

const carrier: SourceFile = {
  path: 'the network',
  text: `use std.backbones: r18
use std.datasets: synthetic
use std.machines: cpu, local
use std.margins: arcface

experiment network {
  dataset  = synthetic(identities: 2, per_identity: 1)
  backbone = r18
  margin   = arcface
  machine  = local()
  train { batch = 1 per device, epochs = 1, optimizer = sgd(lr: 0.1) }
}
`,
}

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

/** The carrier with other fields: `backbone=r50`, `machine=local(devices: 2)`. */
export function elaborateCarrier(set: readonly string[], host: Host): Elaborated {
  return elaborate(carrier, undefined, set, host)
}
