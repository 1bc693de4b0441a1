/**
 * The properties of each data set format that the compiler uses. `runtime/data/formats/` has how plan and run list its images.
 */
interface DatasetFormatTraits {
  /** Fields that a data set of this format must have. */
  readonly needs: readonly ('root' | 'file' | 'identities' | 'per_identity' | 'parts')[]
  /** Fields that not every format reads, and this one does. `seed` also draws the pairs of a `holdout` where there need be no `root`. */
  readonly reads: readonly string[]
  /** `drawn`: arcc generates the images, as many as the fields specify. `decoded`: they are read from files. */
  readonly images: 'drawn' | 'decoded'
  /** Whether its classes have names, by which a mix can join them; `some`: known when it is opened. */
  readonly names: 'all' | 'some' | 'none'
  /**
   * Images of 112 × 112 that one core prepares per second without libturbojpeg, for computers that have not been measured: cores of
   * 2.5 to 3 GHz draw `synthetic` ones and read `recordio` so fast with arcc's own JPEG decoder (8,700 on two cores); a guess for the
   * others.
   */
  readonly imagesPerCore: number
}

/** What every data set of pictures in files has. */
const files = ['images', 'damaged'] as const

const columns = ['image', 'label', 'labels'] as const

const traits = {
  synthetic: {
    needs: ['identities', 'per_identity'],
    reads: ['per_identity', 'nuisance', 'seed'],
    images: 'drawn',
    names: 'none',
    imagesPerCore: 400,
  },
  folder: { needs: ['root'], reads: [...files], images: 'decoded', names: 'all', imagesPerCore: 4000 },
  recordio: {
    needs: ['root'],
    reads: [...files, 'first_label'],
    images: 'decoded',
    names: 'none',
    imagesPerCore: 4000,
  },
  list: {
    needs: ['file'],
    reads: [...files, 'file', ...columns, 'seed'],
    images: 'decoded',
    names: 'some',
    imagesPerCore: 4000,
  },
  webdataset: {
    needs: ['root'],
    reads: [...files, 'label', 'labels'],
    images: 'decoded',
    names: 'some',
    imagesPerCore: 4000,
  },
  parquet: { needs: ['root'], reads: [...files, ...columns], images: 'decoded', names: 'some', imagesPerCore: 500 },
  mixed: {
    needs: ['parts'],
    reads: [...files, 'parts', 'weights', 'classes', 'seed'],
    images: 'decoded',
    names: 'some',
    imagesPerCore: 4000,
  },
} as const satisfies Readonly<Record<string, DatasetFormatTraits>>

export type DatasetFormat = keyof typeof traits

export const datasetTraits: { readonly [F in DatasetFormat]: DatasetFormatTraits } = traits

const readBySome: ReadonlySet<string> = new Set(Object.values(datasetTraits).flatMap(({ reads }) => reads))

/** Whether data sets of a format read a field. */
export function readsField(format: DatasetFormat, field: string): boolean {
  return !readBySome.has(field) || datasetTraits[format].reads.includes(field)
}

/** In the order in which messages list them. */
export const datasetFormats = Object.keys(traits) as readonly DatasetFormat[]

/** How labels that are written as text are understood. */
export const labelKinds = ['inferred', 'numbers', 'names'] as const

/** How a mix numbers the classes of its sets: one set after the other, or equal names as one class. */
export const classJoinings = ['apart', 'by_name'] as const
