/** Evaluates a machine from an expression such as `local(devices: 2)`, which can use only the machines of the standard library. */
import { type DiagnosticBag, need } from '../../grammar/diagnostic.ts'
import { attempt, staticContext } from '../evaluate/context.ts'
import { evaluateDefinition } from '../evaluate/definition.ts'
import { createSession } from '../evaluate/expression.ts'
import type { MachineSpec } from '../experiment/experiment.ts'
import type { Host } from '../host/host.ts'
import { loadProgram } from '../names/load.ts'
import { resolveMachine } from './parts.ts'

/** `undefined` after errors, whose places are in the expression. */
export function machineOfText(expression: string, host: Host, bag: DiagnosticBag): MachineSpec | undefined {
  const entry = { path: expression, text: `use std.machines\nlet machine = ${expression}\n` }
  const program = loadProgram(entry, host, bag)
  if (bag.hasErrors) return undefined
  const context = staticContext(createSession(program, host, bag))
  const definition = need(program.entry.own.get('machine'), 'the machine of an expression')
  const value = attempt(() => evaluateDefinition(definition, definition.decl.name.span, context))
  return value?.kind === 'object' ? resolveMachine(value, context) : undefined
}
