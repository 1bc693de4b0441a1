/** Opens encoded images that are in shared memory. */
import type { BytesImages, EncodedImages } from '../collection.ts'

export function openBytesImages({ name, bytes, starts }: BytesImages): EncodedImages {
  return {
    read: (i) => bytes.subarray(starts[i] ?? 0, starts[i + 1] ?? 0),
    nameOf: (i) => `${name} picture ${i}`,
    close: () => undefined,
  }
}
