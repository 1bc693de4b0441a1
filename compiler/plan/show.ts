/** Formats the figures of a plan for diagnostics: three digits and a unit. */
import type { RequireSpec } from '../experiment/experiment.ts'

function digits(value: number): string {
  return Number(value.toPrecision(3)).toString()
}

/** `13.1 GiB` */
export function showBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${digits(value)} ${units[unit]}`
}

/** A quantity of a `require`, given in its base unit. */
export function showQuantity(quantity: RequireSpec['quantity'], value: number): string {
  switch (quantity) {
    case 'memory.peak':
      return showBytes(value)
    case 'throughput':
      return `${digits(value)} samples/s`
    case 'step.time':
      return value < 1 ? `${digits(value * 1000)} ms` : `${digits(value)} s`
  }
}
