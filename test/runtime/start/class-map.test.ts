/** Lists of which old center each class keeps. */
import { expect, test } from 'vitest'
import { parseClassMap } from '../../../runtime/start/class-map.ts'
import { anError } from '../../helpers/facts.ts'
import { seededRandom } from '../../helpers/mutate.ts'
import { mutateBytes } from '../../helpers/mutate-bytes.ts'

const names = ['anna', 'bob', 'carl lee']
const parse = (text: string, given: readonly string[] | undefined = names) =>
  parseClassMap(Buffer.from(text), 'map.csv', { classes: 3, names: given, old: 5 })

test.each([
  ['names', 'anna,4\nbob,none\ncarl lee,0\n', [4, -1, 0], 2, 3],
  ['numbers', '0,4\n1,none\n2,0', [4, -1, 0], 2, 3],
  [
    'a head, tabs, other line ends, comments',
    '\ufeffclass\told\r\n# kept\r\nanna\t4\r\n\r\nbob\tNONE\r\ncarl lee\t0\r\n',
    [4, -1, 0],
    2,
    3,
  ],
  ['spaces', 'anna 4\nbob none\ncarl lee 0\n', [4, -1, 0], 2, 3],
  ['quoted', '"carl lee",0\n"anna";4\n*,none\n'.replace('"anna";4', '"anna",4'), [4, -1, 0], 2, 3],
  ['all others are new', 'bob,1\n*,none', [-1, 1, -1], 1, 4],
  ['all are new', '*,none', [-1, -1, -1], 0, 5],
])('%s', (_, text, old, kept, dropped) => {
  const map = parse(text)
  expect([[...map.old], map.kept, map.dropped]).toEqual([old, kept, dropped])
})

test.each([
  ['an unknown name', 'ann,4\n*,none', ['line 1: the data set has no class "ann"']],
  ['an unknown number', '3,4\n*,none', ['line 1: the data set has no class 3: they are 0 to 2']],
  ['an old class that does not exist', 'anna,5\n*,none', ['line 1: there is no old class 5: they are 0 to 4']],
  ['a name as old class', 'anna,bob\n*,none', ['line 1: "bob" is neither the number of an old class nor `none`']],
  ['a class twice', 'anna,1\n0,2\n*,none', ['line 2: class 0 has a line already']],
  ['an old class twice', 'anna,1\nbob,1\n*,none', ['line 2: the old class 1 is kept by class 0 already']],
  ['three fields', 'anna,1,2\n*,none', ['line 1: two fields are expected, not 3']],
  ['no line for a class', 'anna,1', ['2 classes have no line: bob, carl lee; add `*,none` to give them new centers']],
  [
    'everything at once',
    'x,1\nanna,9',
    [
      'line 1: the data set has no class "x"',
      'line 2: there is no old class 9: they are 0 to 4',
      expect.stringContaining('3 classes have no line'),
    ],
  ],
  ['others that keep', '*,1', [expect.stringContaining('`*` can only have new centers'), expect.anything()]],
])('%s', (_, text, faults) => {
  expect(() => parse(text)).toThrow(anError('ARC6768', { faults }))
})

test('where names are numbers, a number is a name', () => {
  expect([...parse('7,1\n1,2\n*,none', ['7', '1', 'b']).old]).toEqual([1, 2, -1])
  expect(() => parse('0,1\n*,none', ['7', '1', 'b'])).toThrow(
    anError('ARC6768', { faults: ['line 1: the data set has no class "0"'] }),
  )
})

test('mutated maps are read or refused by name', () => {
  const random = seededRandom(5)
  const whole = Buffer.from('class,old\nanna,4\nbob,none\n"carl lee",0\n')
  for (let i = 0; i < 500; i++) {
    try {
      parseClassMap(mutateBytes(whole, random), 'map.csv', { classes: 3, names, old: 5 })
    } catch (error) {
      expect(error).toMatchObject({ code: 'ARC6768' })
    }
  }
})
