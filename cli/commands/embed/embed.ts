/** `arcc embed`: writes the embeddings of all pictures of a source. */
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { pendingOf } from '../../../runtime/data/data-format.ts'
import { leftOutText } from '../../../runtime/data/left-out.ts'
import { embeddingEndings, formatOf } from '../../../runtime/embed/array-file.ts'
import type { Embedded } from '../../../runtime/embed/embed-request.ts'
import { embedSource } from '../../../runtime/embed/embed-source.ts'
import { embedErrors } from '../../../runtime/embed/messages.ts'
import { openPictureSource, type PictureSource } from '../../../runtime/embed/picture-source.ts'
import { checkOutput, workFolderOf } from '../../../runtime/embed/work-folder.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { pictureFacts } from '../../../runtime/evaluate/set-facts.ts'
import type { Facts } from '../../../runtime/peers/agree.ts'
import { meetingOf } from '../../../runtime/peers/meeting.ts'
import { trainErrors } from '../../../runtime/train/messages.ts'
import { findSource } from '../../host/data-source.ts'
import { entryOf } from '../../host/entry.ts'
import { fileHost } from '../../host/host.ts'
import { usageErrors } from '../../host/messages.ts'
import { requireNetwork } from '../../host/network/find-backbone.ts'
import { networkDevices, type RunningNetwork, withNetwork } from '../../host/network/with-network.ts'
import { type Nodes, sharedStop, withNodes } from '../../host/nodes.ts'
import { startWork } from '../../host/work-progress.ts'
import { type EmbeddedFacts, embeddedLines } from '../../render/embedding.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { paragraph } from '../../render/fit.ts'
import { formatCount } from '../../render/format.ts'
import { type Output, processOutput } from '../../render/output.ts'
import { sameCommand } from '../../render/resume-command.ts'
import { scanLine } from '../../render/scan-progress.ts'
import type { EmbedOptions } from '../options.ts'

/** `undefined` after errors in an `.arc` file, which are shown. */
function openSource({ source, set }: EmbedOptions, output: Output): PictureSource | undefined {
  const { file, experiment } = entryOf(source)
  const { spec, diagnostics } = findSource({ source: file, experiment, set }, fileHost())
  output.diagnostics(diagnostics)
  if (spec === undefined) return undefined
  const pending = pendingOf(spec)
  if (pending !== undefined) throw trainErrors('ARC6502', { dataset: spec.name, pending })
  return openPictureSource(spec, scanLine(output))
}

const isSame = (a: string, b: string) => existsSync(a) && realpathSync(a) === realpathSync(b)

interface Ended extends EmbeddedFacts {
  readonly embedded: Embedded
  readonly code: ExitCode
}

interface EmbedContext {
  readonly options: EmbedOptions
  readonly source: PictureSource
  readonly nodes: Nodes
  readonly output: Output
}

/** What has to be alike at all nodes. */
function factsOf({ source, options }: EmbedContext): Facts {
  const { flip, normalize, f16, skipDamaged } = options
  const switches = { '--flip': flip, '--normalize': normalize, '--f16': f16, '--skip-damaged': skipDamaged }
  const given = Object.entries(switches).map(([name, value]) => [name, String(value)])
  return { ...pictureFacts(source), ...Object.fromEntries(given) }
}

async function run(
  { options, source, nodes, output }: EmbedContext,
  network: RunningNetwork,
  onStart: () => void,
): Promise<Ended> {
  const { out, network: request } = options
  const { embedder, weights, plan, device } = network
  if (nodes.isFirst && isSame(out, weights.path)) throw embedErrors('ARC6827', { file: out })
  const format = formatOf(out)
  if (format === undefined) throw usageErrors('ARC6607', { file: out, endings: embeddingEndings })
  const facts = { backbone: plan.backbone, weights: await weights.sha256(), precision: request.precision }
  const work = startWork(output, 'stopping; what is embedded is kept (press Ctrl-C again to stop immediately)')
  onStart()
  const stop = sharedStop(nodes, work)
  const began = performance.now()
  let fresh = 0
  try {
    const embedded = await embedSource({
      ...options,
      embedder,
      network: facts,
      source,
      file: out,
      format,
      onProgress(progress) {
        if (progress.stage === 'pictures') fresh = progress.done - progress.kept
        work.report(progress)
      },
      signal: stop.signal,
      together: nodes.together,
    })
    const seconds = (performance.now() - began) / 1000
    const code = embedded.interrupted ? await stop.code() : exitCode.ok
    const labeled = source.label !== undefined
    return { embedded, code, seconds, fresh, device, labeled, leftOut: leftOutText(source) }
  } finally {
    work.end()
    await stop.close()
  }
}

/** Whether an error ended the embedding, after which it can go on: not one in how the command was used. */
const isOnTheWay = (error: unknown) => !(error instanceof ArccError && /^ARC(682[01237]|6411|6416)$/.test(error.code))

/** Whether an error is one of a picture, which can be left out: not one of a thread or of its decoder. */
const isOfPicture = (error: unknown) => error instanceof ArccError && /^ARC62(?!60|62|65)/.test(error.code)

/** That what is done is kept, and how to go on. */
function keptLines(options: EmbedOptions, done: string, isShared: boolean, output: Output): void {
  if (!existsSync(join(workFolderOf(options.out), 'record'))) return
  const how = isShared ? 'To go on, start all nodes again, this one with' : 'To go on'
  output.note([
    ...paragraph(done, output.errorLook),
    ...paragraph(`${how}: ${sameCommand('--resume')}`, output.errorLook),
  ])
}

/** Shows what was embedded. */
function show({ embedded, ...facts }: Ended, { options, nodes, output }: EmbedContext): void {
  const { out, format } = options
  if (!nodes.isFirst) {
    const { errorLook } = output
    if (!embedded.interrupted)
      output.note(paragraph(`${nodes.first} has the file, with ${formatCount(embedded.rows)} embeddings`, errorLook))
    return
  }
  if (embedded.interrupted) {
    const { done, total } = embedded
    keptLines(
      options,
      `${formatCount(done)} of ${formatCount(total)} pictures are embedded.`,
      nodes.peers.nodes > 1,
      output,
    )
  }
  if (format === 'json') output.result([JSON.stringify({ file: out, ...embedded, exitCode: facts.code }, undefined, 2)])
  else if (!embedded.interrupted) output.result(embeddedLines(out, embedded, facts, output.look))
}

/**
 * Returns the exit code of a signal after it; what is done is kept then. Throws ARC6607, ARC6411, ARC682x, errors of pictures, and of
 * nodes.
 */
export async function embed(options: EmbedOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { out, network: request, flip } = options
  const meeting = meetingOf(options.meeting, process.env)
  const isFirst = meeting === undefined || meeting.rank === 0
  if (formatOf(out) === undefined) throw usageErrors('ARC6607', { file: out, endings: embeddingEndings })
  const host = fileHost()
  // The process may restart here, before it has done anything.
  if (networkDevices(request, host, output) === undefined) return exitCode.user
  requireNetwork(request.path)
  if (isFirst) checkOutput(out, options)
  let hasBegun = false
  const begin = () => {
    hasBegun = true
  }
  const context = { command: 'arcc embed', options: options.meeting, output }
  return withNodes(meeting, context, async (nodes) => {
    const source = openSource(options, output)
    if (source === undefined) return exitCode.user
    const embedding = { options, source, nodes, output }
    await nodes.agree('pictures', 'the pictures', () => factsOf(embedding))
    const ended = await withNetwork(request, flip, { host, output, nodes }, (network) => run(embedding, network, begin))
    if (ended === undefined) return exitCode.user
    show(ended, embedding)
    return ended.code
  }).catch((error: unknown) => {
    const skip = isOfPicture(error) && !options.skipDamaged ? ' --skip-damaged leaves such pictures out.' : ''
    if (isFirst && hasBegun && isOnTheWay(error))
      keptLines(options, `What is embedded is kept.${skip}`, meeting !== undefined, output)
    throw error
  })
}
