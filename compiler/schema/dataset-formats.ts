/**
 * The properties of each data set format that the compiler uses. `runtime/data/formats/` has how plan and run list its images.
 */
interface DatasetFormatTraits {
  /** Fields that a data set of this format must have. */
  readonly needs: readonly ('root' | 'identities' | 'per_identity')[]
  /** `drawn`: arcc generates the images, as many as the fields specify. `decoded`: they are read from a folder. */
  readonly images: 'drawn' | 'decoded'
  /** Images of 112 × 112 that one core prepares per second; measured on cores of 2.5 to 3 GHz. */
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
