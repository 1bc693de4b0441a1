/** A data set as an experiment declares it, for tests of its format. */
import type { DatasetSpec } from '../../compiler/experiment/experiment.ts'

/** The given fields, the others at their defaults; `path` is the root. */
export function dataSpec({ path, ...fields }: Partial<DatasetSpec> & { readonly path?: string }): DatasetSpec {
  const source = { path: 'a.arc', text: '' }
  return {
    name: 'faces',
    format: 'folder',
    root: path === undefined ? undefined : { path, pending: undefined },
    identities: undefined,
    images: undefined,
    perIdentity: undefined,
    holdout: 0,
    damaged: 'error',
    firstLabel: 0,
    file: undefined,
    image: '',
    label: '',
    labels: 'inferred',
    mixed: undefined,
    weights: [],
    classes: 'apart',
    seed: 1,
    nuisance: 0.5,
    span: { source, start: 0, end: 0 },
    ...fields,
  }
}
