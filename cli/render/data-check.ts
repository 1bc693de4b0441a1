/** The result of `arcc data check` as text. */
import type { CheckSummary, ReportedDuplicates } from '../../runtime/data/inspect/check-report.ts'
import { hasFindings } from '../../runtime/data/inspect/check-report.ts'
import { type FaultKind, faultKinds } from '../../runtime/data/jobs/found.ts'
import { paragraph } from './fit.ts'
import { formatBytes, formatCount, formatRate, formatSeconds } from './format.ts'
import type { Look } from './look.ts'

export interface ShownCheck {
  readonly summary: CheckSummary
  /** The report's file; `undefined` if the check was interrupted. */
  readonly report: string | undefined
  readonly seconds: number
}

/** What each kind is called, for one picture and for several. */
const kinds: { readonly [K in FaultKind]: readonly [string, string] } = {
  unreadable: ['picture cannot be read', 'pictures cannot be read'],
  damaged: ['picture is damaged', 'pictures are damaged'],
  label: ['label is wrong', 'labels are wrong'],
  blank: ['picture has one color only', 'pictures have one color only'],
  tiny: ['picture is tiny', 'pictures are tiny'],
  huge: ['picture is huge', 'pictures are huge'],
}
const isError: { readonly [K in FaultKind]: boolean } = {
  unreadable: true,
  damaged: true,
  label: true,
  blank: false,
  tiny: false,
  huge: false,
}

/** Lines of a kind that are shown. */
const few = 5

function counted(count: number, [one, several]: readonly [string, string]): string {
  return `${formatCount(count)} ${count === 1 ? one : several}`
}

/** A head and the first of its cases. */
function section(head: string, count: number, cases: readonly string[], look: Look): string[] {
  const shown = cases.slice(0, few)
  return [
    ...paragraph(head, look),
    ...shown.flatMap((text) => paragraph(text, look, 2)),
    ...(count > shown.length ? [look.palette.quiet(`  and ${formatCount(count - shown.length)} more`)] : []),
  ]
}

function groupText({ count, images }: ReportedDuplicates): string {
  const shown = images.slice(0, 3).map(({ name, class: number }) => `${name} (class ${number})`)
  return [...shown, ...(count > shown.length ? [`${formatCount(count - shown.length)} more`] : [])].join(', ')
}

function findings({ faults, examples, emptyClasses, duplicates }: CheckSummary, look: Look): string[] {
  const { error, warning } = look.palette
  return [
    ...faultKinds
      .filter((kind) => faults[kind] > 0)
      .flatMap((kind) => {
        const head = (isError[kind] ? error : warning)(counted(faults[kind], kinds[kind]))
        const cases = examples.faults[kind].map(({ name, reason }) => `${name}: ${reason}`)
        return section(head, faults[kind], cases, look)
      }),
    ...(duplicates.across > 0
      ? section(
          warning(counted(duplicates.across, ['picture is in several classes', 'pictures are in several classes'])),
          duplicates.across,
          examples.across.map(groupText),
          look,
        )
      : []),
    ...(duplicates.within > 0
      ? section(
          warning(
            counted(duplicates.within, ['picture is repeated in its class', 'pictures are repeated in their class']),
          ),
          duplicates.within,
          examples.within.map(groupText),
          look,
        )
      : []),
    ...(emptyClasses > 0
      ? paragraph(
          `${warning(counted(emptyClasses, ['class has no picture', 'classes have no picture']))}: ${examples.emptyClasses.join(', ')}${emptyClasses > examples.emptyClasses.length ? ', …' : ''}`,
          look,
        )
      : []),
  ]
}

export function renderCheck({ summary, report, seconds }: ShownCheck, look: Look): string[] {
  const { name, images, classes, checked, bytes } = summary
  const { palette } = look
  const rate = formatRate(checked / Math.max(1e-9, seconds), 'images')
  const verdict = hasFindings(summary)
    ? findings(summary, look)
    : [palette.good(checked === images ? 'no faults found' : 'no faults found so far')]
  const facts = `${formatCount(checked)} images of ${formatCount(classes)} classes, ${formatBytes(bytes)}, in ${formatSeconds(seconds)} (${rate})`
  return [
    ...paragraph(palette.strong(name), look),
    ...verdict,
    ...paragraph(palette.quiet(`checked ${facts}`), look),
    ...(report === undefined
      ? paragraph(`${formatCount(images - checked)} images are left; continue with --resume`, look)
      : paragraph(palette.quiet(`report: ${report}`), look)),
  ]
}
