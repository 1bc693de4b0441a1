/** The section `log` of an experiment. */
import { describe, expect, it } from 'vitest'
import { renderDiagnostics } from '../../../cli/render/diagnostic.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { renderPlan } from '../../../cli/render/plan.ts'
import { narrowText } from '../../helpers/narrow.ts'
import { planOf } from '../../helpers/plan.ts'
import { resolveBody } from '../../helpers/resolve.ts'

describe('the section log', () => {
  it.each([
    ['', { tensorboard: false, mlflow: undefined, prometheus: undefined }],
    ['log { tensorboard = true }', { tensorboard: true }],
    [
      'log { mlflow = "https://mlflow.example.org/team" }',
      { mlflow: { path: 'https://mlflow.example.org/team', pending: undefined } },
    ],
    ['log { mlflow = env("MLFLOW") }', { mlflow: { path: '', pending: 'environment variable MLFLOW' } }],
    ['log { mlflow = "http://{env("MLFLOW")}:5000" }', { mlflow: { pending: 'environment variable MLFLOW' } }],
    ['log { prometheus = "node-3.example.org:9400" }', { prometheus: { host: 'node-3.example.org', port: 9400 } }],
    ['log { prometheus = 9400 }', { prometheus: { host: '127.0.0.1', port: 9400 } }],
    ['log { prometheus = "0.0.0.0:9400" }', { prometheus: { host: '0.0.0.0', port: 9400 } }],
    ['log { prometheus = "[::1]:9400" }', { prometheus: { host: '::1', port: 9400 } }],
  ])('%s is accepted', (body, wanted) => {
    expect(resolveBody(`  ${body}`).experiment?.log).toMatchObject(wanted)
  })

  it.each([
    ['mlflow = "mlflow:5000"', 'ARC4260'],
    ['mlflow = "127.0.0.1:5000"', 'ARC4260'],
    ['mlflow = ""', 'ARC4260'],
    ['mlflow = "http://ann:secret@mlflow"', 'ARC4260'],
    ['mlflow = "http://mlflow/?a=1"', 'ARC4260'],
    ['prometheus = 0', 'ARC4261'],
    ['prometheus = -1', 'ARC4261'],
    ['prometheus = 65536', 'ARC4261'],
    ['prometheus = 9400.5', undefined],
    ['prometheus = "9400"', 'ARC4261'],
    ['prometheus = "localhost:"', 'ARC4261'],
    ['prometheus = "localhost:99999"', 'ARC4261'],
    ['prometheus = "[:::]:80"', 'ARC4261'],
    ['prometheus = "[1.2.3.4]:80"', 'ARC4261'],
    ['prometheus = "999.1.1.1:80"', 'ARC4261'],
    ['prometheus = true', undefined],
    ['tensorboard = 1', undefined],
    ['tensorbord = true', undefined],
  ])('%s is refused', (entry, code) => {
    const { experiment, diagnostics } = resolveBody(`  log { ${entry} }`)
    expect(experiment).toBeUndefined()
    const [first] = diagnostics
    expect(first?.severity).toBe('error')
    if (code !== undefined) expect(first?.code).toBe(code)
  })

  it.each([
    'http://ann:hush@mlflow',
    'hush:ann@mlflow',
    'ftp://ann:hush@mlflow',
    'ann:hush@mlflow:5000',
    'http://ann:hu@hush@ mlflow',
    'http://mlflow?token=hush',
    'http://mlflow/#hush',
  ])('the message about %s does not repeat a secret', (url) => {
    const { diagnostics } = resolveBody('  log { mlflow = env("MLFLOW") }', '', { env: { MLFLOW: url } })
    expect(diagnostics.map(({ code }) => code)).toEqual(['ARC4260'])
    expect(JSON.stringify(diagnostics.map(({ message, params, notes }) => [message, params, notes]))).not.toContain(
      'hush',
    )
    expect(diagnostics[0]?.message).toContain('mlflow')
    const written = resolveBody(`  log { mlflow = "${url}" }`).diagnostics
    const shown = renderDiagnostics(written, { color: false, width: 100 })
    expect(shown).toContain('error[ARC4260]')
    expect(shown).not.toContain('hush')
  })
})

it.each([
  ['', undefined],
  [
    'mlflow = env("F3_UNSET"), prometheus = 9400',
    'MLflow (environment variable F3_UNSET)   Prometheus (127.0.0.1:9400)',
  ],
  ['tensorboard = true, prometheus = "[::1]:9400"', 'TensorBoard   Prometheus ([::1]:9400)'],
  ['mlflow = "http://mlflow:5000"', 'MLflow (http://mlflow:5000)'],
])('the plan names the logs: %s', (log, row) => {
  const text = narrowText({ devices: 1, batch: 2, classes: 4 }).replace('centers {', `log { ${log} }\n  centers {`)
  const lines = renderPlan(planOf(text).document, { ...documentLook, width: 500 })
  expect(lines.find((line) => line.startsWith('  logs '))?.slice(13)).toBe(row)
})
