/** Faces that arcc draws: the identities for training, then those that are held out. */
import { need } from '../../../grammar/diagnostic.ts'
import type { DataFormat } from '../data-format.ts'

export const syntheticFormat: DataFormat = {
  isHere: () => true,
  open({ identities, perIdentity, seed, nuisance, holdout }) {
    const people = need(identities, 'identities of synthetic data')
    const each = need(perIdentity, 'images per identity of synthetic data')
    return {
      name: `synthetic (${people} people, seed ${seed})`,
      images: (people + holdout) * each,
      classes: people + holdout,
      label: (i) => Math.floor(i / each),
      recipe: { kind: 'drawn', perIdentity: each, seed, nuisance },
      leftOut: [],
    }
  },
}
