/** `arcc compare`: the cosines of the embeddings of pictures, and which of them show one person. */
import { type ComparedPicture, type Comparison, comparePictures } from '../../../runtime/embed/compare-pictures.ts'
import { embedErrors } from '../../../runtime/embed/messages.ts'
import { fileHost } from '../../host/host.ts'
import { evaluationsFolder } from '../../host/network/evaluations-folder.ts'
import { type RecommendedThreshold, recommendedThreshold } from '../../host/network/recommended-threshold.ts'
import { withNetwork } from '../../host/network/with-network.ts'
import { comparisonLines, isSamePerson, type Threshold } from '../../render/comparison.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { paragraph } from '../../render/fit.ts'
import { formatNumber } from '../../render/format.ts'
import { type Output, processOutput } from '../../render/output.ts'
import type { CompareOptions } from '../options.ts'

/** Pictures that are embedded at a time, if as many are compared. */
const mostAtOnce = 32

/** A threshold of the command line or of an evaluation. */
function thresholdOf(given: number | undefined, found: RecommendedThreshold | undefined): Threshold | undefined {
  if (given !== undefined) return { value: given, from: '--threshold' }
  if (found === undefined) return undefined
  const { recommended, set } = found.evaluation
  return { value: recommended.threshold, from: `recommended on ${set.name}, FAR ${formatNumber(recommended.far)}` }
}

function warnings(
  { pictures }: Comparison,
  [height, width]: readonly number[],
  found: RecommendedThreshold | undefined,
): string[] {
  const resized = pictures.filter((picture: ComparedPicture) => picture.resized)
  const sizes = resized.map((picture) => `${picture.file} (${picture.width} × ${picture.height})`)
  const step = found?.evaluation.network.step
  return [
    ...(resized.length === 0
      ? []
      : [
          `stretched to ${width} × ${height}: ${sizes.join(', ')}. Cosines mean something only for aligned faces, as the network was trained on.`,
        ]),
    ...(found === undefined || found.isOwn
      ? []
      : [
          `the threshold is of other weights${step === undefined ? '' : `, of step ${step}`}: ${found.file}. Evaluate these with \`arcc eval\`.`,
        ]),
  ]
}

function jsonOf(
  { pictures, cosines }: Comparison,
  threshold: Threshold | undefined,
  found: RecommendedThreshold | undefined,
) {
  const pairs = pictures.flatMap((a, i) =>
    pictures.slice(i + 1).map((b, j) => {
      const cosine = cosines[i]?.[i + 1 + j] ?? 0
      return {
        a: a.file,
        b: b.file,
        cosine,
        ...(threshold === undefined ? {} : { same: isSamePerson(cosine, threshold) }),
      }
    }),
  )
  const from =
    threshold &&
    (found === undefined
      ? { value: threshold.value }
      : { value: threshold.value, evaluation: found.file, own: found.isOwn })
  return { pictures, cosines, pairs, ...(from === undefined ? {} : { threshold: from }) }
}

function say(options: CompareOptions, comparison: Comparison, found: RecommendedThreshold | undefined, output: Output) {
  const threshold = thresholdOf(options.threshold, found)
  if (options.format === 'json') {
    output.result([JSON.stringify(jsonOf(comparison, threshold, found), undefined, 2)])
    return
  }
  output.result(comparisonLines(comparison, threshold, output.look))
  if (threshold !== undefined) return
  const { path } = options.network
  const hint = `No threshold is known, so that the cosine has no verdict. \`arcc eval ${path} SET\` recommends one, or name it with --threshold.`
  output.note(paragraph(output.errorLook.palette.quiet(hint), output.errorLook))
}

/** Throws ARC6828, ARC6824, ARC62xx of pictures, and ARC6320 for a damaged evaluation. */
export async function compare(options: CompareOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { pictures, network: request } = options
  if (pictures.length < 2) throw embedErrors('ARC6828', { pictures: pictures.length })
  const host = fileHost()
  const { devices = 1, batch = Math.min(mostAtOnce, pictures.length) } = request
  const done = await withNetwork({ ...request, devices, batch }, true, { host, output }, async (network) => {
    const { embedder, weights } = network
    const folder = evaluationsFolder(request.path)
    const found =
      options.threshold === undefined ? await recommendedThreshold(folder, await weights.sha256()) : undefined
    const comparison = await comparePictures(embedder, pictures)
    for (const text of warnings(comparison, embedder.network.image, found)) {
      output.note(paragraph(`${output.errorLook.palette.warning('warning:')} ${text}`, output.errorLook))
    }
    say(options, comparison, found, output)
    return true
  })
  return done === undefined ? exitCode.user : exitCode.ok
}
