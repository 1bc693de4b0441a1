/** The number of input channels, which layers of PyTorch take as an argument and layers here from what they get. */
import type { Extras } from '../../grammar/diagnostic.ts'
import { int } from '../types/type.ts'
import type { Application, Given, Slot } from './application.ts'
import type { Checker, Scope } from './checker.ts'
import { fits } from './fit.ts'

/** That the first argument after the input is left out; with a fix that does so. */
function withoutFirst({ callee, given }: Application): Extras {
  const [, first, second] = given
  const notes = [`\`${callee}\` takes the number of input channels from its input`]
  if (first === undefined) return { notes }
  const { text } = first.span.source
  // The parentheses go with their only argument.
  const lone = /\($/.test(text.slice(0, first.span.start)) && text.charAt(first.span.end) === ')'
  const span = lone
    ? { ...first.span, start: first.span.start - 1, end: first.span.end + 1 }
    : { ...first.span, end: second?.span.start ?? first.span.end }
  return { notes, fix: { message: 'remove it', span, replacement: '' } }
}

const isLayer = ({ declared, given }: Application): boolean =>
  declared?.source.path.startsWith('std/') === true && given[0]?.into !== undefined

/** `x |> batch_norm(channels)`: a whole number for the switch that comes first. */
export function channelsForSwitch(
  checker: Checker,
  call: Application,
  slot: Slot,
  given: Given,
  scope: Scope,
): Extras | undefined {
  if (slot.type.kind !== 'bool' || given !== call.given[1] || given.name !== undefined || !isLayer(call))
    return undefined
  // 0 and 1 are truth values of other languages.
  if (given.value.kind === 'Number' && given.value.value < 2) return undefined
  const found = checker.silent().infer(given.value, scope)
  return found.kind === 'number' && fits(found, int) ? withoutFirst(call) : undefined
}

/** `x |> conv(8, 16, kernel: 3)`: what follows the number of output channels is passed by name as well. */
export function channelsTwice(call: Application, first: Given | undefined): Extras | undefined {
  const [, channels, next] = call.slots
  const isBoth = first !== undefined && first === call.given[2] && first.name === undefined
  if (!isBoth || next === undefined || !isLayer(call)) return undefined
  return channels?.name === 'channels' ? withoutFirst(call) : undefined
}
