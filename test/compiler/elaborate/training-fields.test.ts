/** Fields of `train`, `centers`, `checkpoint` and `log`: values in files and by `--set`, and mistakes across fields. */
import { describe, expect, it } from 'vitest'
import { resolveBody } from '../../helpers/resolve.ts'

describe('train.watchdog', () => {
  it.each([
    ['never', 'never'],
    ['20 min', 1200],
  ])('takes %s, in a file and by --set', (text, value) => {
    expect(resolveBody(`  train.watchdog = ${text}`).experiment?.train.watchdog).toBe(value)
    expect(resolveBody('', '', { settings: [`train.watchdog=${text}`] }).experiment?.train.watchdog).toBe(value)
  })
})
