import { readdirSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { countFindings, renderFindings } from '../../../cli/commands/doctor.ts'
import { doctorChecks } from '../../../cli/doctor/checks.ts'
import type { Finding } from '../../../cli/doctor/finding.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const cache = temporaryFolder()

const findings: readonly Finding[] = [
  { name: 'node', status: 'ok', text: '20.20.2 (>=20.19)' },
  { name: 'xla', status: 'warn', text: 'the plugin is not installed yet' },
  { name: 'tfjs-node', status: 'skip', text: 'not installed (optional)' },
  { name: 'disk', status: 'fail', text: '0 B free for runs', fix: 'free some space' },
]

test('findings as lines, remedies below', () => {
  expect(renderFindings(findings, documentLook).join('\n')).toMatchInlineSnapshot(`
    " ok   node       20.20.2 (>=20.19)
    warn  xla        the plugin is not installed yet
    skip  tfjs-node  not installed (optional)
    FAIL  disk       0 B free for runs
                     fix: free some space"
  `)
  expect(countFindings(findings)).toBe('1 failure, 1 warning, 1 skipped')
})

test('the checks download nothing; the dependencies of the tests are present', async () => {
  vi.stubEnv('ARCC_CACHE', cache)
  vi.stubEnv('ARCC_XLA_PLUGIN', '')
  const found: Finding[] = []
  for (const check of doctorChecks) found.push(...(await check()))
  vi.unstubAllEnvs()
  const status = (name: string) => found.find((finding) => finding.name === name)?.status
  for (const name of ['node', 'koffi', 'sharp', 'tfjs']) expect([name, status(name)]).toEqual([name, 'ok'])
  expect(['warn', 'fail']).toContain(status('xla'))
  expect(readdirSync(cache)).toEqual([])
})

test('a plugin that is none is a failure with a remedy', async () => {
  vi.stubEnv('ARCC_XLA_PLUGIN', import.meta.filename)
  const found: Finding[] = []
  for (const check of doctorChecks) found.push(...(await check()))
  vi.unstubAllEnvs()
  const xla = found.find((finding) => finding.name === 'xla')
  expect(xla?.status).toBe('fail')
  expect(xla?.text).toContain(import.meta.filename)
  expect(xla?.fix).toContain('ARCC_XLA_PLUGIN')
})
