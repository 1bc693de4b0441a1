/**
 * What the compiler knows of each way in which a data set is stored. How its images are read stands in `runtime/data/formats.ts`, how
 * they are counted for the plan in `cli/host/count-dataset.ts`.
 */
interface DatasetFormatTraits {
  /** Fields of the data set that it cannot do without. */
  readonly needs: readonly ('root' | 'identities' | 'per_identity')[]
  /** `drawn`: the images are made by arcc, in numbers that the fields give. `decoded`: they are read from its folder. */
  readonly images: 'drawn' | 'decoded'
  /** Images of 112 × 112 that one core makes ready in a second; measured on cores of 2.5 to 3 GHz. */
  readonly imagesPerCore: number
}

const traits = {
  synthetic: { needs: ['identities', 'per_identity'], images: 'drawn', imagesPerCore: 400 },
  folder: { needs: ['root'], images: 'decoded', imagesPerCore: 1500 },
  recordio: { needs: ['root'], images: 'decoded', imagesPerCore: 1500 },
} as const satisfies Readonly<Record<string, DatasetFormatTraits>>

export type DatasetFormat = keyof typeof traits

export const datasetTraits: { readonly [F in DatasetFormat]: DatasetFormatTraits } = traits

/** In the order in which messages list them. */
export const datasetFormats = Object.keys(traits) as readonly DatasetFormat[]
