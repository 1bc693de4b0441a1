/** The standard library's own tests, and that it has no diagnostics. */
import { describe, expect, it } from 'vitest'
import { checkProgram } from '../../compiler/check/check.ts'
import { runLanguageTests } from '../../compiler/language-tests.ts'
import { loadProgram } from '../../compiler/names/load.ts'
import { DiagnosticBag, need } from '../../grammar/diagnostic.ts'
import { memoryHost, rendered } from '../helpers/diagnose.ts'

const host = memoryHost()

describe.each([...host.stdlibNames])('std.%s', (name) => {
  const bag = new DiagnosticBag()
  const program = loadProgram(need(host.readStdlib(name), name), host, bag)
  checkProgram(program, bag)

  it('is right', () => {
    expect(rendered(bag.sorted())).toBe('')
  })

  const results = runLanguageTests(program, host)
  it.runIf(results.length > 0).each([...results])('$title', ({ diagnostics }) => {
    expect(rendered(diagnostics)).toBe('')
  })
})

it('has tests where there is something to test', () => {
  const tested = host.stdlibNames.filter((name) => host.readStdlib(name)?.text.includes('\ntest "'))
  expect(tested).toEqual(expect.arrayContaining(['backbones', 'datasets', 'machines', 'margins', 'schedules']))
})
