/** `arcc doctor`: checks this computer and suggests remedies. */
import { doctorChecks } from '../doctor/checks.ts'
import type { Finding } from '../doctor/finding.ts'
import { packageVersion } from '../host/package-folder.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { formatSeconds, plural } from '../render/format.ts'
import type { Look } from '../render/look.ts'
import { processOutput } from '../render/output.ts'
import { pad } from '../render/table.ts'
import type { DoctorOptions } from './options.ts'

const marks = { ok: ' ok  ', warn: 'warn ', skip: 'skip ', fail: 'FAIL ' } as const

/** Findings as lines, each followed by its remedy. */
export function renderFindings(findings: readonly Finding[], look: Look): string[] {
  const { palette } = look
  const paint = { ok: palette.good, warn: palette.warning, skip: palette.quiet, fail: palette.error }
  const width = Math.max(...findings.map((finding) => finding.name.length))
  return findings.flatMap(({ name, status, text, fix }) => [
    `${paint[status](marks[status])} ${pad(name, width)}  ${text}`,
    ...(fix === undefined ? [] : [`${' '.repeat(width + 8)}${palette.accent('fix')}: ${fix}`]),
  ])
}

/** `1 failure, 2 warnings, 1 skipped` */
export function countFindings(findings: readonly Finding[]): string {
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length
  const [failures, warnings, skipped] = [count('fail'), count('warn'), count('skip')]
  return `${plural(failures, 'failure')}, ${plural(warnings, 'warning')}, ${skipped} skipped`
}

/** Returns exit code 3 if any check failed. */
export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const began = performance.now()
  const findings: Finding[] = []
  const asText = options.format === 'text'
  if (asText) {
    const { platform, arch, version } = process
    output.result([
      output.look.palette.strong(`arcc ${packageVersion()}   node ${version.slice(1)}   ${platform} ${arch}`),
    ])
  }
  for (const check of doctorChecks) findings.push(...(await check()))
  const code = findings.some((finding) => finding.status === 'fail') ? exitCode.environment : exitCode.ok
  if (asText) {
    const seconds = formatSeconds((performance.now() - began) / 1000)
    output.result([...renderFindings(findings, output.look), `${countFindings(findings)}   (${seconds})`])
  } else output.result([JSON.stringify({ findings, exitCode: code }, undefined, 2)])
  return code
}
