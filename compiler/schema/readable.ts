/** The fields and sections of an experiment that its own expressions can read by name. */
import type { experimentBody } from './experiment.ts'

/** Names that the module does not define otherwise; `sweep` has lists, not values. */
export function readableNames({ scope }: { readonly scope: ReadonlyMap<string, unknown> }): {
  readonly fields: readonly (keyof typeof experimentBody.fields)[]
  readonly sections: readonly Exclude<keyof typeof experimentBody.sections, 'sweep'>[]
} {
  const sections = ['centers', 'train', 'evaluate', 'checkpoint', 'log'] as const
  const fields = ['dataset', 'backbone', 'margin', 'machine'] as const
  const isFree = (name: string) => !scope.has(name)
  return { fields: fields.filter(isFree), sections: sections.filter(isFree) }
}
