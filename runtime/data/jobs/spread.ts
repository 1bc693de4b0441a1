/** Samples that cover a whole data set. */

/** `count` numbers spread evenly over 0 … images - 1, the first and the last included. */
export function spread(images: number, count: number): number[] {
  if (images <= count) return Array.from({ length: images }, (_, i) => i)
  return Array.from({ length: count }, (_, i) => Math.floor((i * (images - 1)) / (count - 1)))
}
