/** A fault of syntax does not hide the mistakes elsewhere in the file, and brings none that would go with it. */
import { describe, expect, it } from 'vitest'
import { compileExperiment } from '../../../compiler/driver.ts'
import { memoryHost } from '../../helpers/diagnose.ts'

/** Codes with lines, in the order of a report. */
function found(text: string): readonly string[] {
  const { diagnostics } = compileExperiment({ entry: { path: 'a.arc', text }, until: 'check' }, memoryHost())
  return diagnostics.map(({ code, span }) => `${code} ${text.slice(0, span.start).split('\n').length}`)
}

const experiment = (train: string) => `use std.backbones: r18
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface
experiment faces {
  dataset = synthetic(identities: 100, per_identity: 5)
  backbone = r18(embeding: 64)
  margin = arcface(m: 0.5 rad)
  machine = cpu(devices: 1)
  train { ${train} }
}
`

describe('mistakes beside a fault of syntax', () => {
  it.each<[string, string, readonly string[]]>([
    ['in another function', 'fn a() -> int = = 1\nfn b() -> int = "text"\n', ['ARC1201 1', 'ARC3001 2']],
    [
      'in other entries',
      experiment('batch = 8 per device\n epochs = = 2\n seed = "x"'),
      ['ARC3103 7', 'ARC1201 11', 'ARC3001 12'],
    ],
    [
      'behind a bracket that its own line would close',
      'fn b() -> int = (1\nlet a: int = "x"\n',
      ['ARC1101 1', 'ARC3001 2'],
    ],
    ['in the entry before', experiment('batch = "8"\n epochs = = 2'), ['ARC3103 7', 'ARC3001 10', 'ARC1201 11']],
  ])('%s', (_, text, expected) => {
    expect(found(text)).toEqual(expected)
  })

  it.each<[string, string, readonly string[]]>([
    [
      'a field that it replaces is not missing',
      experiment('batch = = 8 per device, epochs = 2'),
      ['ARC3103 7', 'ARC1201 10'],
    ],
    [
      'a name that it declares',
      'let four: int = = 3\nfn b() -> int = three\nlet three 3\n',
      ['ARC1201 1', 'ARC1202 3'],
    ],
    ['names that a wrong import brings', 'import std.backbones\nlet a = r18()\n', ['ARC1206 1']],
    ['what a bracket encloses', 'fn b() -> int {\n  1\nlet a: int = "x"\n', ['ARC1101 1']],
  ])('leaves out %s', (_, text, expected) => {
    expect(found(text)).toEqual(expected)
  })
})
