/** Fields of data sets and verification sets that are set and never read: a warning at the field. */
import { describe, expect, it } from 'vitest'
import { resolveBody } from '../../helpers/resolve.ts'

/** The codes and fields of what is reported of a data set, and the text at each. */
function warnings(dataset: string, declarations: string, body = '  evaluate.sets = []'): readonly string[] {
  const { diagnostics } = resolveBody(`  dataset = ${dataset}\n${body}`, declarations)
  return diagnostics.map(({ code, params, span }) => {
    const { field = '' } = params as { field?: string }
    return `${code} ${field} at ${span.source.text.slice(span.start, span.end)}`
  })
}

const formats: readonly (readonly [format: string, fields: string, unread: string])[] = [
  ['synthetic', 'identities = 40, per_identity = 8, seed = 2, nuisance = 0.1', ''],
  ['synthetic', 'identities = 40, per_identity = 8, damaged = skip(at_most: 1%)', 'damaged'],
  ['synthetic', 'identities = 40, per_identity = 8, images = 320', 'images'],
  ['folder', 'root = "faces", identities = 40, images = 320, damaged = skip(at_most: 1%)', ''],
  ['folder', 'root = "faces", identities = 40, per_identity = 8', 'per_identity'],
  ['folder', 'root = "faces", first_label = 1', 'first_label'],
  ['folder', 'root = "faces", seed = 2', 'seed'],
  ['recordio', 'root = "faces", first_label = 1', ''],
  ['recordio', 'root = "faces", labels = names', 'labels'],
  ['list', 'file = "faces.txt", root = "faces", image = "1", label = "2", labels = names', ''],
  ['list', 'file = "faces.txt", nuisance = 0.1', 'nuisance'],
  ['webdataset', 'root = "faces", label = "json", labels = names', ''],
  ['webdataset', 'root = "faces", image = "jpg"', 'image'],
  ['parquet', 'root = "faces", image = "picture", label = "person", labels = names', ''],
  ['parquet', 'root = "faces", file = "faces.parquet"', 'file'],
  ['parquet', 'root = "faces", weights = [1]', 'weights'],
]

describe('a field of a data set', () => {
  it.each(formats)('%s { %s } warns of %s', (format, fields, unread) => {
    const found = warnings('mine()', `dataset mine() { format = ${format}, ${fields} }`)
    expect(found.map((text) => text.split(' ', 2).join(' '))).toEqual(unread === '' ? [] : [`ARC4289 ${unread}`])
    if (unread !== '') expect(found[0]).toContain(`at ${unread} = `)
  })

  it('is found where it is inherited, and where `extends` sets it', () => {
    const declarations = `dataset wide() { format = folder, root = "faces", first_label = 1 }
dataset narrow extends wide { holdout = 4 }
dataset late extends folder { nuisance = 0.1 }`
    expect(warnings('narrow()', declarations)).toEqual(['ARC4289 first_label at first_label = 1'])
    expect(warnings('late(root: "faces")', declarations)).toEqual(['ARC4289 nuisance at nuisance = 0.1'])
  })

  it('is found where the experiment changes it', () => {
    expect(warnings('folder("faces")', '', '  dataset.nuisance = 0.1, evaluate.sets = []')).toEqual([
      'ARC4289 nuisance at 0.1',
    ])
  })

  it('is found in the sets of a mix, which the mix reads for all', () => {
    const declarations = 'dataset patient() { format = folder, root = "faces", damaged = skip(at_most: 1%) }'
    expect(warnings('mixed([patient(), folder("more")])', declarations)).toEqual([
      'ARC4290 damaged at damaged = skip(at_most: 1%)',
    ])
    expect(
      warnings('mixed([folder("faces")])', '', '  dataset.damaged = skip(at_most: 1%), evaluate.sets = []'),
    ).toEqual([])
  })
})

describe('a field of a verification set', () => {
  it('warns of a list of pairs where templates have their own', () => {
    const sets = (fields: string) =>
      warnings('folder("faces")', `verification mine() { ${fields} }`, '  evaluate.sets = [mine()]')
    expect(sets('protocol = ijbb, root = "ijbb", list = "pairs.txt"')).toEqual(['ARC4289 list at list = "pairs.txt"'])
    expect(sets('protocol = ijbb, root = "ijbb"')).toEqual([])
    expect(sets('list = "pairs.txt"')).toEqual([])
  })
})
