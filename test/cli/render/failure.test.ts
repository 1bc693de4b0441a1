import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { exitCode } from '../../../cli/render/exit.ts'
import { describeFailure } from '../../../cli/render/failure.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { bug } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../../runtime/errors.ts'

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

const source = { path: 'a.arc', text: 'let x = 1\nlet y = 2\n' }
const usage = new ArccError('ARC6601', {}, { text: 'there is no file a.arc', hint: 'did you mean b.arc?' })
const device = new ArccError('ARC6002', {}, { text: 'cannot run "python3"', hint: 'install Python 3 with pip' })
const data = new ArccError('ARC6201', {}, { text: 'cannot read the folder faces' })

describe('what ends a command', () => {
  test.each([
    ['a file that is missing', usage, exitCode.user],
    ['a device that fails', device, exitCode.environment],
    ['data that is missing', data, exitCode.user],
    [
      'a mistake of ours, in place',
      thrownBy(() => bug('no rule for Use', { source, start: 10, end: 13 })),
      exitCode.internal,
    ],
    ['an exception of a library', new TypeError('x is not a function'), exitCode.internal],
    ['something that is no error', 'text', exitCode.internal],
  ])('%s', (_, error, code) => {
    const failure = describeFailure(error, documentLook.palette, false)
    expect(failure.exitCode).toBe(code)
    expect(failure.lines.join('\n')).toMatchSnapshot()
    expect(failure.lines.join('\n')).not.toMatch(/\n\s+at /)
  })

  test('what the operating system refuses is about the computer', () => {
    const error = thrownBy(() => readFileSync('no/such/file'))
    const { exitCode: code, lines } = describeFailure(error, documentLook.palette, false)
    expect(code).toBe(exitCode.environment)
    expect(lines).toEqual(['error: no/such/file: no such file or folder'])
  })

  test('ARCC_DEBUG=1 shows the stack and its cause', () => {
    const error = new ArccError('ARC6005', {}, { text: 'cannot load' }, { cause: new Error('libfoo is missing') })
    const text = describeFailure(error, documentLook.palette, true).lines.join('\n')
    expect(text).toMatch(/\n\s+at .*failure\.test\.ts/)
    expect(text).toContain('caused by:\nError: libfoo is missing')
  })
})
