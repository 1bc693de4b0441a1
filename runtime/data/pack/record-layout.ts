/**
 * How records are arranged. `insightface`: record 0 announces the keys; pictures have keys from 1, sorted by class; a record for
 * each class follows. `im2rec`: only pictures, keys from 0, in any order.
 */
export const recordLayouts = ['insightface', 'im2rec'] as const
export type RecordLayout = (typeof recordLayouts)[number]
