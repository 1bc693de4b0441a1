/** Networks and values of a file that no experiment uses: they are evaluated all the same, so that their mistakes are found. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { outlineOf } from '../evaluate/backbone.ts'
import { attempt, staticContext } from '../evaluate/context.ts'
import { evaluateDefinition } from '../evaluate/definition.ts'
import { createSession } from '../evaluate/expression.ts'
import type { Host } from '../host/host.ts'
import type { Program } from '../names/program.ts'

/** Evaluates the top-level `let`s and the complete backbones of the user's modules, except those whose name is in `used`. */
export function checkUnusedNetworks(program: Program, used: ReadonlySet<string>, host: Host, bag: DiagnosticBag): void {
  const modules = program.modules.filter(({ source }) => !source.path.startsWith('std/'))
  for (const module of modules)
    for (const definition of module.own.values()) {
      const { decl, name } = definition
      if (decl.kind === 'Object' || (decl.kind === 'Function' && decl.keyword !== 'backbone') || used.has(name))
        continue
      const session = createSession(program, host, bag)
      attempt(() => {
        const value = evaluateDefinition(definition, decl.name.span, staticContext(session))
        if (value?.kind !== 'backbone') return
        const isComplete = value.decl.parameters.every(
          (parameter) => parameter.default !== undefined || value.arguments.has(parameter.name.text),
        )
        if (isComplete) outlineOf(value, session, decl.name.span)
      })
    }
}
