/** Errors of the XLA plugin, ARC60xx. */
import { ArccError, errorsOf } from '../../errors.ts'

const ownPlugin = 'set ARCC_XLA_PLUGIN to the path of your own plugin library, or use the engine tfjs'

/** A failed call into the plugin. */
type Refusal = {
  /** The method of the C API, `PJRT_Client_Compile`. */
  readonly method: string
  /** The name of the PJRT error code, `INVALID_ARGUMENT`. */
  readonly status: string
  /** The plugin's own message. */
  readonly message: string
}

const catalogue = {
  ARC6001: {
    text: (p: { platform: string; known: string }) => `no XLA CPU plugin is published for ${p.platform}`,
    hint: (p: { platform: string; known: string }) => `plugins are published for ${p.known}; ${ownPlugin}`,
  },
  ARC6002: {
    text: (p: { command: string; reason: string }) => `cannot run "${p.command}" to download a library: ${p.reason}`,
    hint: () => `install Python 3 with pip; for XLA you can also ${ownPlugin}`,
  },
  ARC6003: {
    text: (p: { requirement: string; output: string }) => `pip could not download ${p.requirement}: ${p.output}`,
    hint: () => `check the network connection and the package index that pip uses; for XLA you can also ${ownPlugin}`,
  },
  ARC6004: {
    text: (p: { file: string; expected: string; found: string }) =>
      `unexpected contents of ${p.file}: its SHA-256 is ${p.found}, expected ${p.expected}`,
    hint: () => 'ask the operator of your package index; arcc loads only libraries with a known checksum',
  },
  ARC6005: {
    text: (p: { path: string; reason: string }) => `cannot load the XLA plugin ${p.path}: ${p.reason}`,
    hint: (p: { path: string; reason: string }) => `check ARCC_XLA_PLUGIN, or delete ${p.path} to download it again`,
  },
  ARC6006: {
    text: (p: { method: string; version: string }) => `the XLA plugin (PJRT C API ${p.version}) has no ${p.method}`,
    hint: () => 'use a newer plugin',
  },
  ARC6007: {
    text: (p: { wanted: number; found: number; platform: string }) =>
      `the experiment needs ${p.wanted} devices, but the platform ${p.platform} has ${p.found}`,
    hint: () => 'declare a machine with fewer devices',
  },
  ARC6008: {
    text: (p: { path: string; reason: string }) => `cannot write to the cache folder ${p.path}: ${p.reason}`,
    hint: () => 'set ARCC_CACHE to another folder',
  },
  ARC6010: {
    text: (p: Refusal) => `${p.method} failed (${p.status}): ${p.message}`,
    hint: ({ status }: Refusal) =>
      status === 'RESOURCE_EXHAUSTED'
        ? 'reduce the batch size, or follow the suggestions of "arcc plan"'
        : 'run "arcc doctor", and report this error together with the run folder',
  },
  ARC6011: {
    text: (p: { device: string }) => `\`${p.device}\` is not a GPU; exact figures are available only for GPUs`,
    hint: () =>
      'declare a machine whose device has kind = cuda; a run on the CPU compares its memory with the plan automatically',
  },
  ARC6012: {
    text: (p: { device: string; compute: string; memory: string; known: string }) =>
      `arcc has no XLA device description for \`${p.device}\` (compute ${p.compute}, ${p.memory})`,
    hint: (p: { device: string; compute: string; memory: string; known: string }) =>
      `descriptions exist for ${p.known}`,
  },
  ARC6013: {
    text: (p: { platform: string; known: string }) => `no XLA CUDA plugin is published for ${p.platform}`,
    hint: (p: { platform: string; known: string }) => `run "arcc plan --exact" on ${p.known}; it needs no GPU there`,
  },
  ARC6014: {
    text: (p: { program: string; message: string; place: string }) =>
      `XLA cannot compile the ${p.program}: ${p.message}${p.place}`,
    hint: () => 'this is a bug in arcc; please report it with the .arc file (see CONTRIBUTING.md)',
  },
  ARC6015: {
    text: (p: { reason: string }) => `the process that compiles for the GPU terminated unexpectedly: ${p.reason}`,
    hint: () => 'compiling a training step takes 2 to 4 GiB of memory; run "arcc doctor"',
  },
} as const

/** Builds the error of a code, to be thrown. */
export const xlaError = errorsOf(catalogue)

/** A failed call into the PJRT plugin. */
export class PjrtError extends ArccError {
  override readonly name = 'PjrtError'
  /** The method of the C API, `PJRT_Client_Compile`. */
  readonly method: string
  /** The name of the PJRT error code, `INVALID_ARGUMENT`. */
  readonly status: string
  /** The plugin's own message. */
  readonly detail: string

  constructor(method: string, status: string, message: string) {
    const params: Refusal = { method, status, message }
    super('ARC6010', params, { text: catalogue.ARC6010.text(params), hint: catalogue.ARC6010.hint(params) })
    this.method = method
    this.status = status
    this.detail = message
  }
}
