/** The report of a check as a JSON file, written as it is found, so that millions of faults need no memory. */
import type { Collection } from '../collection.ts'
import { type Fault, type FaultKind, faultKinds } from '../jobs/found.ts'
import { type Outputs, openOutputs } from '../pack/output-files.ts'

/** A picture in a report. */
export interface ReportedImage {
  readonly image: number
  readonly name: string
  readonly class: number
}

/** Pictures with equal bytes; `count` of them, the first of which are listed. */
export interface ReportedDuplicates {
  readonly count: number
  /** Whether they belong to several classes. */
  readonly across: boolean
  readonly images: readonly ReportedImage[]
}

/** Counts of everything that a check found, and the first of each kind. */
export interface CheckSummary {
  readonly name: string
  readonly images: number
  readonly classes: number
  /** Pictures checked; fewer than `images` if the check was interrupted. */
  readonly checked: number
  readonly bytes: number
  readonly faults: { readonly [K in FaultKind]: number }
  readonly emptyClasses: number
  readonly duplicates: {
    readonly within: number
    readonly across: number
    /** Pictures that would be left out to keep one of each group. */
    readonly surplus: number
  }
  readonly examples: {
    readonly faults: { readonly [K in FaultKind]: readonly Fault[] }
    readonly emptyClasses: readonly number[]
    readonly within: readonly ReportedDuplicates[]
    readonly across: readonly ReportedDuplicates[]
  }
}

export function noFaults<T>(of: () => T): { [K in FaultKind]: T } {
  const [unreadable, damaged, label] = [of(), of(), of()]
  return { unreadable, damaged, label, blank: of(), tiny: of(), huge: of() }
}

export interface CheckReport {
  fault(fault: Fault): Promise<void>
  emptyClass(number: number): Promise<void>
  duplicates(group: ReportedDuplicates): Promise<void>
  /** Completes the file. Throws ARC6410. */
  finish(summary: Omit<CheckSummary, 'examples'>): Promise<void>
  discard(): Promise<void>
}

/** Sections of the file in the order in which they are written. */
const sections = ['found', 'emptyClasses', 'duplicates'] as const
type Section = (typeof sections)[number]

/** Without `path` nothing is written. An existing report is replaced. */
export async function openCheckReport(
  path: string | undefined,
  { name }: Pick<Collection, 'name'>,
): Promise<CheckReport> {
  if (path === undefined) {
    const nothing = async () => undefined
    return { fault: nothing, emptyClass: nothing, duplicates: nothing, finish: nothing, discard: nothing }
  }
  const outputs: Outputs = await openOutputs([path], true)
  const file = outputs.file(path)
  await file.write(`{\n  "name": ${JSON.stringify(name)}`)
  let current: Section | undefined
  let items = 0
  const enter = async (section: Section) => {
    const until = sections.indexOf(section)
    while (current === undefined || sections.indexOf(current) < until) {
      const next: Section = sections[current === undefined ? 0 : sections.indexOf(current) + 1] ?? section
      await file.write(`${current === undefined ? '' : items > 0 ? '\n  ]' : ']'},\n  "${next}": [`)
      current = next
      items = 0
    }
  }
  const item = async (section: Section, value: unknown) => {
    await enter(section)
    await file.write(`${items++ > 0 ? ',' : ''}\n    ${JSON.stringify(value)}`)
  }
  return {
    fault: (fault) => item('found', fault),
    emptyClass: (number) => item('emptyClasses', number),
    duplicates: (group) => item('duplicates', group),
    async finish(summary) {
      await enter('duplicates')
      const text = JSON.stringify(summary, undefined, 2)
      await file.write(`${items > 0 ? '\n  ]' : ']'},\n  "summary": ${text.replaceAll('\n', '\n  ')}\n}\n`)
      await outputs.commit()
    },
    discard: outputs.discard,
  }
}

/** Whether a summary has a fault that training must not meet: the others are for people to judge. */
export function hasErrors({ faults }: Pick<CheckSummary, 'faults'>): boolean {
  return faults.unreadable + faults.damaged + faults.label > 0
}

/** Whether a summary has anything to report. */
export function hasFindings({ faults, emptyClasses, duplicates }: CheckSummary): boolean {
  const faulty = faultKinds.reduce((sum, kind) => sum + faults[kind], 0)
  return faulty + emptyClasses + duplicates.within + duplicates.across > 0
}
