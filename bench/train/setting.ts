/** What a comparison depends on: the computer and the peak of its processor, versions, and how long it measures. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import stale from '../../bin/stale.js'
import { packageVersion } from '../../cli/host/package-folder.ts'
import { packageFolder } from '../../runtime/package-folder.ts'
import type { Effort } from './samples.ts'

/** Cores of this computer: threads of XLA by default, and of PyTorch by request. */
export const threads = availableParallelism()

/** Results of different settings are not put into one table. */
export interface Setting {
  readonly processor: string
  /** Threads of both. */
  readonly cores: number
  /** Bytes. */
  readonly memory: number
  readonly node: string
  /** Version, and the commit where the sources are a checkout; `changed` if its sources differ from the commit. */
  readonly arcc: string
  /** The beginning of a hash of the files that are used. */
  readonly arcfaceTorch: string
  readonly effort: Effort
  readonly pairs: number
}

const changed = ', changed'

/** Whether the setting names what was measured: sources that differ from their commit have no name. */
export const isNamed = ({ arcc }: Setting): boolean => !arcc.endsWith(changed)

function arccVersion(): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: packageFolder, encoding: 'utf8' })
  const commit = git('rev-parse', '--short', 'HEAD')
  if (commit.status !== 0) return packageVersion()
  const { stdout } = git('status', '--porcelain', '--', ...stale.sourceFolders, 'stdlib', 'bin', 'package.json')
  return `${packageVersion()}, commit ${commit.stdout.trim()}${stdout === '' ? '' : changed}`
}

const modules = ['losses.py', 'partial_fc_v2.py']

/** The files of arcface_torch that are used; a text that says what is missing. */
export function arcfaceTorchFiles(folder: string): readonly string[] | string {
  const missing = ['backbones', ...modules].filter((name) => !existsSync(join(folder, name)))
  if (missing.length > 0)
    return `${folder} has no ${missing.join(' and no ')}; name a checkout of insightface's folder recognition/arcface_torch`
  const networks = readdirSync(join(folder, 'backbones')).filter((name) => name.endsWith('.py'))
  return [...modules, ...networks.sort().map((name) => join('backbones', name))]
}

/** `files` are those of arcface_torch. */
export function findSetting(folder: string, files: readonly string[], effort: Effort, pairs: number): Setting {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(folder, file)))
  return {
    processor: cpus()[0]?.model.trim() ?? 'CPU',
    cores: threads,
    memory: totalmem(),
    node: process.version,
    arcc: arccVersion(),
    arcfaceTorch: hash.digest('hex').slice(0, 12),
    effort,
    pairs,
  }
}

/** Floating-point operations per second of all cores; a multiply-add counts as two. No `bf16` where the processor lacks it. */
export interface Peak {
  readonly instructions: string
  readonly f32: number
  readonly bf16?: number
}

/** Compiles and runs `peak.c`. Why there is no figure, as text: no compiler, another kind of processor. */
export function measurePeak(compiler = process.env.CC ?? 'cc'): Peak | string {
  const folder = mkdtempSync(join(tmpdir(), 'arcc-bench-peak-'))
  try {
    const program = join(folder, 'peak')
    const source = join(import.meta.dirname, 'peak.c')
    const compiled = spawnSync(compiler, ['-O2', '-pthread', source, '-o', program], { encoding: 'utf8' })
    if (compiled.error !== undefined) return `there is no C compiler ${compiler}; CC=NAME names another`
    if (compiled.status !== 0) return `${compiler} cannot compile it here: it is for x86-64`
    const { status, stdout } = spawnSync(program, [String(threads)], { encoding: 'utf8' })
    if (status !== 0) return 'the processor has neither AVX-512 nor AVX2 with FMA'
    return JSON.parse(stdout) as Peak
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The higher figures of the two: whatever else runs only lowers them. */
export function higherPeak(a: Peak | string, b: Peak | string): Peak | string {
  if (typeof a === 'string') return b
  if (typeof b === 'string') return a
  const bf16 = a.bf16 === undefined || b.bf16 === undefined ? {} : { bf16: Math.max(a.bf16, b.bf16) }
  return { instructions: a.instructions, f32: Math.max(a.f32, b.f32), ...bf16 }
}
