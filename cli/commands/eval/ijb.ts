/** `arcc eval --ijb`: verification of templates, and 1:N identification, on IJB-B and IJB-C. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createLoader } from '../../../runtime/data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../../../runtime/data/loader/start-workers.ts'
import { evaluateIjb } from '../../../runtime/evaluate/ijb/evaluate-ijb.ts'
import { readIdentification } from '../../../runtime/evaluate/ijb/identification.ts'
import { encodeIjb, encodeScores, type IjbFile, ijbName } from '../../../runtime/evaluate/ijb/ijb-file.ts'
import { findIjbSubset, ijbSha256, readIjbSet } from '../../../runtime/evaluate/ijb/ijb-set.ts'
import { prepareFolder, writeFiles } from '../../../runtime/evaluate/report/write-evaluation.ts'
import { verificationSlots } from '../../../runtime/evaluate/rounds.ts'
import { fileHost } from '../../host/host.ts'
import { evaluationsFolder } from '../../host/network/evaluations-folder.ts'
import { requireNetwork } from '../../host/network/find-backbone.ts'
import { networkDevices, withNetwork } from '../../host/network/with-network.ts'
import { packageVersion } from '../../host/package-folder.ts'
import { startWork } from '../../host/work-progress.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { renderIjb } from '../../render/ijb.ts'
import { processOutput } from '../../render/output.ts'
import type { EvalIjbOptions } from '../options.ts'
import { networkFacts } from './network-facts.ts'

/** Throws ARC6326, ARC6341 to ARC6345, and the errors of networks, devices and pictures. */
export async function evalIjb(options: EvalIjbOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  // Before anything is read: the process may restart.
  if (networkDevices(options.network, host, output) === undefined) return exitCode.user
  const { root, switches, network: request } = options
  requireNetwork(request.path)
  const subset = options.subset ?? findIjbSubset(root)
  const set = await readIjbSet(root, subset)
  const lists = options.identification ? await readIdentification(set) : undefined
  const folder = join(options.folder ?? evaluationsFolder(request.path), subset)
  await prepareFolder(folder)
  const work = startWork(output, 'stopping (press Ctrl-C again to stop immediately)')
  const began = performance.now()
  try {
    const code = await withNetwork(request, switches.mirrored, { host, output }, async (network) => {
      const { embedder, plan } = network
      const rows = plan.embedBatch * embedder.engine.world.local
      const workers = startDecodeWorkers(workerCount(set.images))
      try {
        const { recipe, images } = set
        const loader = await createLoader(
          { recipe, images, shape: plan.image, rows, slots: verificationSlots },
          workers,
        )
        const result = await evaluateIjb(
          { ...embedder, signal: work.signal },
          {
            set,
            loader,
            options: switches,
            lists,
            onProgress: (done) => work.report({ stage: 'pictures', done, total: images }),
          },
        ).finally(() => loader.dispose())
        const file: IjbFile = {
          version: 1,
          arcc: packageVersion(),
          set: {
            name: subset,
            path: root,
            sha256: await ijbSha256(root, subset),
            images,
            templates: set.templates.length,
            pairs: set.same.length,
            same: set.same.reduce((sum, flag) => sum + flag, 0),
          },
          network: await networkFacts(network, request),
          options: { ...switches },
          tarAtFar: result.points.map(({ threshold = null, ...point }) => ({ ...point, threshold })),
          auc: result.auc,
          xnorm: result.xnorm,
          ...(result.identification === undefined ? {} : { identification: plain(result.identification) }),
          seconds: (performance.now() - began) / 1000,
        }
        const scores = options.scores ? [['scores.npy', [encodeScores(result.scores)]] as const] : []
        // Those of an earlier evaluation would be taken for its scores.
        if (!options.scores) await rm(join(folder, 'scores.npy'), { force: true })
        await writeFiles(folder, [...scores, [ijbName, [encodeIjb(file)]]])
        work.end()
        output.result(options.format === 'json' ? [JSON.stringify(file)] : renderIjb(file, folder, output.look))
        return exitCode.ok
      } finally {
        await workers.dispose()
      }
    })
    return code ?? exitCode.user
  } catch (error) {
    if (work.signal.aborted && error === work.signal.reason) return work.code ?? exitCode.interrupted
    throw error
  } finally {
    work.end()
  }
}

/** A copy with arrays that can be changed, as the file's type has them. */
function plain<T>(value: T): Mutable<T> {
  return structuredClone(value) as Mutable<T>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }
