/** The schema of the manifest is published as a file. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { manifestSchema } from '../../../runtime/checkpoint/manifest.ts'

test('docs/schemas has the schema of the manifest', () => {
  const published = new URL('../../../docs/schemas/checkpoint-manifest.json', import.meta.url)
  const schema = { $schema: 'http://json-schema.org/draft-07/schema#', ...manifestSchema }
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)))
})
