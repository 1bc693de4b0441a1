/**
 * The plugin and its environment: XLA's CUDA plugin as installed by jax, or for a rehearsal the CPU plugin. arcc finds NVIDIA's
 * libraries and `ptxas` itself.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Environment {
  readonly plugin: string
  /** False in a rehearsal. */
  readonly isGpu: boolean
  /** Environment variables of all programs. */
  readonly variables: NodeJS.ProcessEnv
}

/** The folder in which Python finds `jax_plugins`. */
function sitePackages(): string {
  const find =
    "import importlib.util as u; s = u.find_spec('jax_plugins'); print(s and list(s.submodule_search_locations)[0])"
  const found = execFileSync('python3', ['-c', find], { encoding: 'utf8' }).trim()
  if (found === 'None')
    throw new Error(
      'Python has neither jax[cuda13] nor jax[cuda12], whose CUDA plugin the kit uses; set PLUGIN=PATH to use another',
    )
  return dirname(found)
}

/** Whether this Python has PyTorch. */
export function hasTorch(): boolean {
  const find = "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is None)"
  return spawnSync('python3', ['-c', find]).status === 0
}

function newestPlugin(site: string): string {
  const versions = ['13', '12'].map((version) => join(site, `jax_plugins/xla_cuda${version}/xla_cuda_plugin.so`))
  const found = versions.find(existsSync)
  if (found === undefined) throw new Error(`${site} has jax_plugins, but no CUDA plugin`)
  return found
}

/** Throws if no plugin is found. `work` holds what programs may share: compiled programs and tuning results. */
export function findEnvironment(work: string): Environment {
  const { PLUGIN, CPU_PLUGIN, XLA_FLAGS = '' } = process.env
  const common = { ...process.env, ARCC_CACHE: join(work, 'cache'), NO_COLOR: '1' }
  if (PLUGIN === 'cpu') {
    if (!CPU_PLUGIN) throw new Error('a rehearsal (PLUGIN=cpu) needs CPU_PLUGIN, the path of the CPU plugin')
    return {
      plugin: CPU_PLUGIN,
      isGpu: false,
      variables: { ...common, ARCC_XLA_PLUGIN: CPU_PLUGIN, CUDA_VISIBLE_DEVICES: '' },
    }
  }
  const site = sitePackages()
  const plugin = PLUGIN ?? newestPlugin(site)
  const tuned = join(work, 'autotune')
  mkdirSync(tuned, { recursive: true })
  return {
    plugin,
    isGpu: true,
    variables: {
      ...common,
      ARCC_XLA_PLUGIN: plugin,
      XLA_FLAGS: `--xla_gpu_per_fusion_autotune_cache_dir=${tuned} ${XLA_FLAGS}`.trim(),
      TF_CPP_MIN_LOG_LEVEL: '2',
    },
  }
}

const cardFields = ['name', 'driver_version', 'memory.total', 'clocks.max.sm', 'power.limit'] as const

/** The fields that `nvidia-smi` reports for each card; empty if it does not run. */
export function describeCards(): readonly Readonly<Record<string, string>>[] {
  try {
    const query = [`--query-gpu=${cardFields.join(',')}`, '--format=csv,noheader']
    const lines = execFileSync('nvidia-smi', query, { encoding: 'utf8' }).trim().split('\n')
    return lines.map((line) => {
      const values = line.split(',').map((text) => text.trim())
      return Object.fromEntries(cardFields.map((field, i) => [field, values[i] ?? '']))
    })
  } catch {
    return []
  }
}
