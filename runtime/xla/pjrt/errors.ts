/** What can go wrong between arcc and an XLA plugin: ARC60xx. */
import { ArccError, errorsOf } from '../../errors.ts'

const ownPlugin = 'name a plugin library of your own with ARCC_XLA_PLUGIN, or use the engine tfjs'

/** A call into the plugin, and what came of it. */
type Refusal = {
  /** The method of the C API, `PJRT_Client_Compile`. */
  readonly method: string
  /** The name of the PJRT error code, `INVALID_ARGUMENT`. */
  readonly status: string
  /** What the plugin said. */
  readonly message: string
}

const catalogue = {
  ARC6001: {
    text: (p: { platform: string; known: string }) => `no XLA CPU plugin is published for ${p.platform}`,
    hint: (p: { platform: string; known: string }) => `plugins exist for ${p.known}; ${ownPlugin}`,
  },
  ARC6002: {
    text: (p: { command: string; reason: string }) =>
      `cannot run "${p.command}", which fetches the XLA plugin: ${p.reason}`,
    hint: () => `install Python 3 with pip; or ${ownPlugin}`,
  },
  ARC6003: {
    text: (p: { requirement: string; output: string }) => `pip could not download ${p.requirement}: ${p.output}`,
    hint: () => `check the network and the package index that pip uses; or ${ownPlugin}`,
  },
  ARC6004: {
    text: (p: { file: string; expected: string; found: string }) =>
      `${p.file} is not the file that arcc knows: its SHA-256 is ${p.found}, expected ${p.expected}`,
    hint: () => 'ask who runs your package index; arcc loads no library that it does not know',
  },
  ARC6005: {
    text: (p: { path: string; reason: string }) => `cannot load the XLA plugin ${p.path}: ${p.reason}`,
    hint: (p: { path: string; reason: string }) =>
      `check ARCC_XLA_PLUGIN, or delete ${p.path} so that it is fetched again`,
  },
  ARC6006: {
    text: (p: { method: string; version: string }) => `the XLA plugin (PJRT C API ${p.version}) has no ${p.method}`,
    hint: () => 'use a newer plugin',
  },
  ARC6007: {
    text: (p: { wanted: number; found: number; platform: string }) =>
      `the experiment wants ${p.wanted} devices, and the platform ${p.platform} offers ${p.found}`,
    hint: () => 'declare a machine with fewer devices',
  },
  ARC6008: {
    text: (p: { path: string; reason: string }) => `cannot write to the cache folder ${p.path}: ${p.reason}`,
    hint: () => 'name another folder with ARCC_CACHE',
  },
  ARC6010: {
    text: (p: Refusal) => `${p.method} failed (${p.status}): ${p.message}`,
    hint: ({ status }: Refusal) =>
      status === 'RESOURCE_EXHAUSTED'
        ? 'lower the batch, or see what "arcc plan" suggests'
        : 'run "arcc doctor", and report this together with the run folder',
  },
  ARC6011: {
    text: (p: { device: string }) => `\`${p.device}\` is no GPU, and exact figures are for GPUs`,
    hint: () =>
      'declare a machine whose device has kind = cuda; a run on the CPU compares its memory with the plan by itself',
  },
  ARC6012: {
    text: (p: { device: string; compute: string; memory: string; known: string }) =>
      `XLA's figures of \`${p.device}\` (compute ${p.compute}, ${p.memory}) are not known to arcc`,
    hint: (p: { device: string; compute: string; memory: string; known: string }) => `known are ${p.known}`,
  },
  ARC6013: {
    text: (p: { platform: string; known: string }) => `no XLA CUDA plugin is published for ${p.platform}`,
    hint: (p: { platform: string; known: string }) => `run "arcc plan --exact" on ${p.known}; it needs no GPU there`,
  },
  ARC6014: {
    text: (p: { program: string; message: string; place: string }) =>
      `XLA does not compile the ${p.program}: ${p.message}${p.place}`,
    hint: () => 'this is a mistake in arcc; please report it with the .arc file (CONTRIBUTING.md says where)',
  },
  ARC6015: {
    text: (p: { reason: string }) => `the process that compiles for the GPU ended early: ${p.reason}`,
    hint: () => 'XLA takes 2 to 4 GiB of memory for a training step; run "arcc doctor"',
  },
} as const

/** Builds the error of a code, to be thrown. */
export const xlaError = errorsOf(catalogue)

/** A call into the PJRT plugin that failed. */
export class PjrtError extends ArccError {
  override readonly name = 'PjrtError'
  /** The method of the C API, `PJRT_Client_Compile`. */
  readonly method: string
  /** The name of the PJRT error code, `INVALID_ARGUMENT`. */
  readonly status: string
  /** What the plugin said. */
  readonly detail: string

  constructor(method: string, status: string, message: string) {
    const params: Refusal = { method, status, message }
    super('ARC6010', params, { text: catalogue.ARC6010.text(params), hint: catalogue.ARC6010.hint(params) })
    this.method = method
    this.status = status
    this.detail = message
  }
}
