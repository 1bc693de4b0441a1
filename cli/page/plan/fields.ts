/** Every field of an experiment, with where its value comes from. */
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import { type Child, code } from '../html.ts'
import { dataTable } from '../parts.ts'

type Field = PlanDocument['experiment']['fields'][number]

const origins: { readonly [O in Field['origin']]: string } = {
  file: 'the file',
  default: 'default',
  override: '--set',
}

/** The planner's choice stands beside an `auto`. */
export function fieldTable(fields: readonly Field[], choices: PlanDocument['choices']): Child {
  const chosen = new Map(choices.map(({ path, value, why }) => [path, { value, why }]))
  return dataTable({
    caption: 'Fields of the experiment',
    columns: [{ title: 'field', kind: 'head' }, { title: 'value', kind: 'wide' }, { title: 'from' }],
    rows: fields.map(({ path, value, origin }) => {
      const choice = chosen.get(path)
      return [
        code(path),
        [code(value), ...(choice === undefined ? [] : [' chosen: ', code(choice.value), ` (${choice.why})`])],
        origins[origin],
      ]
    }),
  })
}
