/** Moves experiments to another machine of the standard library than the one they declare. */
import { need } from '../grammar/diagnostic.ts'
import type { SourceFile } from '../grammar/source.ts'

export interface OnMachine {
  readonly entry: SourceFile
  readonly overrides: readonly { readonly path: string; readonly text: string }[]
}

/** `machine` is a call, `dgx_h100(nodes: 1)`; the file need not import it. */
export function onMachine(source: SourceFile, machine: string, settings: readonly string[] = []): OnMachine {
  const name = need(/^\w+/.exec(machine)?.[0], `a machine's name in ${machine}`)
  return {
    entry: { ...source, text: `use std.machines: ${name}\n${source.text}` },
    overrides: [`machine=${machine}`, ...settings].map((text) => ({ path: '--set', text })),
  }
}
