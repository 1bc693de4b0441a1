/** The identity of the processor in the keys of compiled programs: XLA uses the instructions that it finds there. */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/**
 * The fields of `/proc/cpuinfo` that tell processors apart: on x86 the first five, on arm64 the others. The same model has other
 * instructions in a virtual machine, or with another firmware.
 */
const fields = new Set([
  'vendor_id',
  'cpu family',
  'model',
  'model name',
  'flags',
  'Features',
  'CPU implementer',
  'CPU variant',
  'CPU part',
])

/** The distinct lines of those fields, in order, from the text of `/proc/cpuinfo`. */
export function processorOf(text: string): string {
  const lines = text.split('\n').filter((line) => fields.has(line.split(':', 1)[0]?.trim() ?? ''))
  return [...new Set(lines.map((line) => line.replace(/\s+/g, ' ').trim()))].join('\n')
}

let known: string | undefined

/** This computer's processor with its features, where the system lists them; elsewhere its model. */
export function processorIdentity(): string {
  if (known === undefined) {
    let text = ''
    try {
      text = processorOf(readFileSync('/proc/cpuinfo', 'utf8'))
    } catch {
      // Only Linux has this file.
    }
    known = text === '' ? [...new Set(cpus().map(({ model }) => model))].join('\n') : text
  }
  return known
}

/** Whether this computer's processor has an instruction set, by Linux's name for it: `avx`. False where the system does not list them. */
export function hasInstruction(name: string): boolean {
  return processorIdentity()
    .split('\n')
    .some((line) => /^(flags|Features) ?:/.test(line) && line.split(' ').includes(name))
}
