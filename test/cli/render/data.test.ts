/** The output of `arcc data` fits terminals of 40 to 120 columns. */
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { workLine } from '../../../cli/host/work-progress.ts'
import { renderCheck } from '../../../cli/render/data-check.ts'
import { renderInspection } from '../../../cli/render/data-inspection.ts'
import { packedLines, pairsLines, sheetLines } from '../../../cli/render/data-written.ts'
import { documentLook, type Look } from '../../../cli/render/look.ts'
import { type CheckSummary, noFaults } from '../../../runtime/data/inspect/check-report.ts'
import type { Inspection } from '../../../runtime/data/inspect/inspect-collection.ts'
import { classSizes } from '../../../runtime/data/jobs/class-counts.ts'
import type { Fault } from '../../../runtime/data/jobs/found.ts'

const path = '/datasets/faces/of/many/people/with-a-long-name/train'
const perClass = Uint32Array.from({ length: 3000 }, (_, c) => (c % 7 === 0 ? 0 : 1 + (c % 90)))

const inspection: Inspection = {
  name: path,
  images: 17_091_657,
  classes: 360_232,
  disk: { bytes: 1.2e11, estimated: true },
  sizes: classSizes(perClass),
  people: Array.from({ length: 3000 }, (_, c) => `person-${c}`),
  labels: { faults: 7, examples: [{ image: 3, reason: 'its label is 9, but the classes are 0 to 8' }] },
  sample: {
    pictures: 500,
    formats: [
      { format: 'JPEG', pictures: 490 },
      { format: 'a web page, not a picture', pictures: 10 },
    ],
    sizes: [112, 96, 120, 250, 80].map((width) => ({ width, height: 112, pictures: 98 })),
    meanBytes: 7012,
    faults: [{ image: 1, message: `the picture ${path}/p1/1.jpg is damaged: it has 2 of 6 bytes` }],
  },
  leftOut: [{ what: '12 files that are not pictures', count: 12, examples: ['a/README', 'b/Thumbs.db'] }],
  verification: [
    { file: `${path}/lfw.bin`, pairs: 6000, same: 3000 },
    { file: `${path}/odd.bin`, pairs: 0, same: 0, fault: `${path}/odd.bin is not a supported verification set` },
  ],
}

const fault: Fault = { kind: 'damaged', image: 3, name: `${path}/p1/1.jpg`, reason: 'it has 2 of 6 bytes' }
const member = (number: number) => ({ image: number, name: `${path}/p${number}/1.jpg`, class: number })
const summary: CheckSummary = {
  name: path,
  images: 17_091_657,
  classes: 360_232,
  checked: 17_091_657,
  bytes: 1.2e11,
  faults: { ...noFaults(() => 0), damaged: 1200, tiny: 1 },
  emptyClasses: 30,
  duplicates: { within: 2, across: 1, surplus: 5 },
  examples: {
    faults: { ...noFaults((): Fault[] => []), damaged: [fault], tiny: [{ ...fault, kind: 'tiny' }] },
    emptyClasses: [4, 8, 15],
    within: [{ count: 2, across: false, images: [member(1), member(1)] }],
    across: [{ count: 9, across: true, images: [member(1), member(2), member(3), member(4)] }],
  },
}

const packed = {
  file: `${path}/train.rec`,
  images: 12,
  classes: 1,
  bytes: 2 ** 20,
  skipped: 3,
  skippedExamples: [{ image: 1, message: fault.reason }],
  width: 112,
  height: 112,
  interrupted: false,
}

function everything(look: Look): string[] {
  return [
    ...renderInspection(inspection, look),
    ...renderCheck({ summary, report: 'arcc-check.json', seconds: 4000 }, look),
    ...renderCheck({ summary: { ...summary, checked: 9 }, report: undefined, seconds: 1 }, look),
    ...packedLines(packed, 2, look),
    ...pairsLines({ file: 'faces.bin', pairs: 6000, images: 9000, people: 4000, bytes: 1e8, interrupted: false }, look),
    ...sheetLines({ file: 'sheet.png', pictures: 80, width: 1164, height: 1060 }, look),
    ...workLine({ stage: 'pictures', done: 1e6, total: 17_091_657, faults: 3, seconds: 100 }, look).split('\n'),
  ]
}

describe('arcc data', () => {
  test.each([40, 60, 80, 100, 120])('%i columns', (width) => {
    for (const unicode of [true, false]) {
      const lines = everything({ ...documentLook, width, wraps: true, unicode })
      expect(lines.filter((line) => stringWidth(line) > width)).toEqual([])
    }
  })

  test('in a pipe, paths stay whole', () => {
    const text = everything(documentLook).join('\n')
    expect(text).toContain(`${path}/p1/1.jpg`)
    expect(text).toMatchSnapshot()
  })
})
