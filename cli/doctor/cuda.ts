/** The checks of `arcc doctor` for NVIDIA GPUs: the driver, the GPUs, and CUDA's libraries. */
import type { CudaDriver, CudaGpu } from '../../runtime/cuda/driver.ts'
import type { CudaInstallation } from '../../runtime/cuda/libraries.ts'
import { leastDriver } from '../../runtime/cuda/required-driver.ts'
import { formatBytes, plural } from '../render/format.ts'
import type { Finding } from './finding.ts'

/** The facts that the findings are derived from. */
export interface CudaFacts {
  readonly driver: CudaDriver
  readonly installation: CudaInstallation | undefined
  /** Why the installation is unusable, and the remedy; `undefined` if it is usable. */
  readonly trouble: { readonly text: string; readonly fix: string | undefined } | undefined
  /** Libraries that are missing in the installation but found by the system's loader. */
  readonly elsewhere: readonly string[]
  /** Bytes that `arcc install cuda` downloads; `undefined` on platforms without CUDA. */
  readonly toFetch: number | undefined
}

/** The minimum compute capability and CUDA version of the driver that the pinned libraries support. */
const leastCompute = 7
const leastCuda = 12

const install = 'run "arcc install cuda"'

const sources: { readonly [S in CudaInstallation['source']]: string } = {
  named: 'set by ARCC_XLA_PLUGIN',
  arcc: "arcc's own",
  'site-packages': "Python's, with JAX",
}

/** The findings. On a computer without a GPU no CUDA finding is a failure. */
export function cudaFindings(facts: CudaFacts): Finding[] {
  const { driver } = facts
  const cards = driver.found ? driver.gpus.map((gpu) => cardFinding(gpu)) : []
  return [driverFinding(driver, facts.installation), ...cards, ...libraryFindings(facts)]
}

function driverFinding(driver: CudaDriver, installation: CudaInstallation | undefined): Finding {
  const name = 'nvidia'
  if (!driver.found) {
    const then = installation === undefined ? `, then ${install}` : ''
    const fix = `for NVIDIA GPUs, install driver ${leastDriver} or newer${then}`
    if (driver.reason === 'no-library') {
      const text = `${driver.detail}; GPUs cannot be used`
      return { name, status: 'skip', text, fix }
    }
    if (driver.reason === 'no-device') {
      const look = 'check "nvidia-smi" and CUDA_VISIBLE_DEVICES; a container needs access to the GPUs'
      return { name, status: 'warn', text: driver.detail, fix: look }
    }
    return { name, status: 'fail', text: driver.detail, fix: `check "nvidia-smi"; ${fix}` }
  }
  const { version = 'of unknown version', cuda, gpus, nvlink } = driver
  const linked = gpus.length < 2 ? '' : nvlink ? ', connected by NVLink' : ', connected by PCIe'
  const text = `driver ${version}, CUDA up to ${cuda.join('.')}, ${plural(gpus.length, 'GPU')}${linked}`
  if (cuda[0] >= leastCuda) return { name, status: 'ok', text }
  return {
    name,
    status: 'fail',
    text: `${text}; arcc needs CUDA ${leastCuda}`,
    fix: `install driver ${leastDriver} or newer`,
  }
}

function cardFinding({ index, name: card, memory, free, compute }: CudaGpu): Finding {
  const name = `gpu ${index}`
  const total = free === undefined ? formatBytes(memory) : `${formatBytes(free)} free of ${formatBytes(memory)}`
  const text = `${card}, ${total}, compute ${compute.join('.')}`
  if (compute[0] >= leastCompute) return { name, status: 'ok', text }
  return { name, status: 'fail', text: `${text}: arcc's libraries need compute ${leastCompute}.0 or newer` }
}

function libraryFindings({ driver, installation, trouble, elsewhere, toFetch }: CudaFacts): Finding[] {
  const name = 'cuda'
  /** A missing library is a failure only if there is a GPU. */
  const lacking = driver.found ? 'fail' : 'skip'
  if (installation === undefined) {
    if (toFetch === undefined)
      return [{ name, status: 'skip', text: "CUDA's libraries are not published for this platform" }]
    const wants = `${formatBytes(toFetch)} to download: the XLA plugin, cudart, cublas, cudnn, nvrtc, nvjitlink, nccl, ptxas, libdevice`
    if (!driver.found) return [{ name, status: 'skip', text: `no libraries; GPUs need ${wants}`, fix: install }]
    const text = `no libraries yet; the first run on a GPU installs them (${wants})`
    return [{ name, status: 'warn', text, fix: install }]
  }
  const { source, plugin, dataFolder, cudaMajor, libraries, ptxas, libdevice } = installation
  const where = `CUDA ${cudaMajor} for XLA, ${sources[source]}: ${plugin}`
  const main: Finding =
    trouble === undefined
      ? { name, status: 'ok', text: where }
      : {
          name,
          status: driver.found ? 'fail' : 'warn',
          text: trouble.text,
          ...(trouble.fix === undefined ? {} : { fix: trouble.fix }),
        }
  const isThere = (library: string) =>
    elsewhere.includes(library) || libraries.some((one) => one.name === library && one.path !== undefined)
  const present = needed.filter(isThere)
  const missing = needed.filter((library) => !isThere(library))
  const parts: Finding[] = [
    missing.length === 0
      ? { name: 'cuda parts', status: 'ok', text: present.join(', ') }
      : {
          name: 'cuda parts',
          status: lacking,
          text: `missing: ${missing.join(', ')}; found: ${present.join(', ')}`,
          fix: install,
        },
    isThere('nccl')
      ? { name: 'nccl', status: 'ok', text: 'found, for several GPUs' }
      : {
          name: 'nccl',
          status: driver.found && driver.gpus.length > 1 ? 'fail' : 'skip',
          text: 'missing; needed for two or more GPUs',
          fix: install,
        },
    ptxas && libdevice
      ? { name: 'ptxas', status: 'ok', text: `ptxas and libdevice in ${dataFolder}` }
      : {
          name: 'ptxas',
          status: lacking,
          text: `${[ptxas ? '' : 'ptxas', libdevice ? '' : 'libdevice'].filter(Boolean).join(' and ')} missing; needed by XLA's compiler`,
          fix: install,
        },
  ]
  return [main, ...parts]
}

/** Libraries that every program needs; NCCL has its own finding. */
const needed = ['cudart', 'cublas', 'cublasLt', 'cudnn', 'nvrtc', 'nvjitlink'] as const

/** Checks this computer; changes and downloads nothing. */
export async function checkCuda(): Promise<Finding[]> {
  const { findCudaDriver } = await import('../../runtime/cuda/driver.ts')
  const { findCudaInstallation, findOutside, inspectInstallation } = await import('../../runtime/cuda/libraries.ts')
  const { cudaWheels, hasCudaWheels } = await import('../../runtime/cuda/wheels.ts')
  const { hostPlatform } = await import('../../runtime/plugins/plugin-table.ts')
  const installation = await findCudaInstallation()
  const toFetch = hasCudaWheels(hostPlatform())
    ? cudaWheels().wheels.reduce((sum, wheel) => sum + wheel.bytes, 0)
    : undefined
  const error = installation && (await inspectInstallation(installation))
  return cudaFindings({
    driver: findCudaDriver(),
    installation,
    trouble: error && { text: error.message, fix: error.hint },
    elsewhere: installation === undefined ? [] : findOutside(installation),
    toFetch,
  })
}
