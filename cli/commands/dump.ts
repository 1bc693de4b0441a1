/** `arcc dump`: the compiler's output after any of its phases. */
import { writeFileSync } from 'node:fs'
import { type Compilation, compileExperiment, type Phase } from '../../compiler/driver.ts'
import { printGraph } from '../../compiler/ir/print.ts'
import { stateDonation } from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { moduleText } from '../../compiler/stablehlo/emit-module.ts'
import { dumpTree } from '../../grammar/dump.ts'
import { openEntry, overrideSources } from '../host/entry.ts'
import { fileHost } from '../host/host.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { processOutput } from '../render/output.ts'
import { placedLines } from '../render/places.ts'
import type { DumpOptions } from './options.ts'

/** The last phase that each output needs. */
const lastPhase = {
  parse: 'parse',
  elaborate: 'elaborate',
  plan: 'plan',
  stablehlo: 'plan',
} as const satisfies Record<DumpOptions['after'], Phase>

function stablehlo(plan: Plan, { graph, locations }: DumpOptions): string {
  const platform = plan.document.machine.kind
  const donation = graph === 'step' ? { donate: stateDonation(plan.state) } : {}
  const { text, located } = moduleText(plan.graphs[graph], { platform, ...donation })
  return locations ? located() : text
}

/** The text; `undefined` if errors stopped the compiler before this phase. */
function dumped({ program, experiment, plan }: Compilation, options: DumpOptions): string | undefined {
  switch (options.after) {
    case 'parse':
      return program && dumpTree(program.entry.tree)
    case 'elaborate':
      return experiment && placedLines(experiment).join('\n')
    case 'plan':
      return plan && printGraph(plan.graphs[options.graph], { locations: options.locations })
    case 'stablehlo':
      return plan && stablehlo(plan, options)
  }
}

/** Returns exit code 1 if the file has an error; output that exists despite the error is still shown. */
export async function dump(options: DumpOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  const entry = openEntry(host, options.file)
  const { experiment, set, after } = options
  const until = lastPhase[after]
  const result = compileExperiment({ entry, experiment, overrides: overrideSources(set), until }, host)
  const text = dumped(result, options)?.trimEnd()
  if (text !== undefined) {
    if (options.output === undefined) output.result([text])
    else writeFileSync(options.output, `${text}\n`)
  }
  output.diagnostics(result.diagnostics)
  return result.diagnostics.some((diagnostic) => diagnostic.severity === 'error') ? exitCode.user : exitCode.ok
}
