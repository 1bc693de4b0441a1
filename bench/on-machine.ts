/** Moves experiments to another machine of the standard library than the one they declare. */
import { fileHost } from '../cli/host/host.ts'
import type { Plan } from '../compiler/plan/plan.ts'
import { need } from '../grammar/diagnostic.ts'
import type { SourceFile } from '../grammar/source.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { planOf } from '../test/helpers/plan.ts'

export interface OnMachine {
  readonly entry: SourceFile
  readonly overrides: readonly { readonly path: string; readonly text: string }[]
}

/** `machine` is a call, `dgx_h100(nodes: 1)`; the file need not import it. */
export function onMachine(source: SourceFile, machine: string, settings: readonly string[] = []): OnMachine {
  const name = need(/^\w+/.exec(machine)?.[0], `a machine's name in ${machine}`)
  const isImported = new RegExp(`^use std\\.machines:.*\\b${name}\\b`, 'm').test(source.text)
  return {
    entry: isImported ? source : { ...source, text: `use std.machines: ${name}\n${source.text}` },
    overrides: [`machine=${machine}`, ...settings].map((text) => ({ path: '--set', text })),
  }
}

const host = { ...fileHost(packageFolder), countDataset: () => undefined }

/** The plan of an experiment of this package on another machine; its data set need not be there. */
export function planOnMachine(file: string, experiment: string, machine: string, settings: readonly string[]): Plan {
  const { entry, overrides } = onMachine(need(host.readSource(file), file), machine, settings)
  return planOf(entry.text, { path: file, experiment, settings: overrides.map(({ text }) => text), host })
}
