/**
 * ONNX Runtime as a program of its own: the npm package onnxruntime-node, or Python's onnxruntime. Tensors pass through files, and
 * whatever happens to the other process, this one goes on.
 */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { onnxErrors } from '../messages.ts'

/** Runs models. */
export interface OnnxRuntime {
  /** `1.32.0 (python3)` */
  readonly version: string
  /** Runs the model once per task. Throws ARC6806 if it refuses. */
  run(model: string, tasks: readonly OnnxTask[]): Promise<void>
}

/** A batch: its elements in a file, f32 little-endian, and the file for those of the result. */
export interface OnnxTask {
  readonly shape: readonly number[]
  readonly input: string
  readonly output: string
}

/** Milliseconds; imports from slow disks take a while, and so do large networks. */
const mostToFind = 120_000
const mostToRun = 3_600_000

const pythonFind = 'import numpy, onnxruntime; print(onnxruntime.__version__)'
const pythonRun = `
import json, sys, numpy, onnxruntime
job = json.loads(sys.argv[1])
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
session = onnxruntime.InferenceSession(job["model"], options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
for task in job["tasks"]:
    given = numpy.fromfile(task["input"], "<f4").reshape(task["shape"])
    session.run(None, {name: given})[0].astype("<f4").tofile(task["output"])
`

const nodeFind = `console.log(require(process.argv[1] + '/package.json').version); require(process.argv[1])`
const nodeRun = `
const { readFileSync, writeFileSync } = require('node:fs')
const { InferenceSession, Tensor } = require(process.argv[1])
const job = JSON.parse(process.argv[2])
const run = async () => {
  const session = await InferenceSession.create(job.model, { executionProviders: ['cpu'], logSeverityLevel: 3 })
  for (const task of job.tasks) {
    const bytes = readFileSync(task.input)
    const given = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    const results = await session.run({ [session.inputNames[0]]: new Tensor('float32', given, task.shape) })
    const { data } = results[session.outputNames[0]]
    writeFileSync(task.output, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
}
run().catch((error) => { console.error(error.message); process.exit(1) })
`

interface Program {
  readonly command: string
  readonly find: readonly string[]
  readonly run: readonly string[]
  /** For display. */
  readonly shown: string
}

const pythonProgram = (python: string): Program => ({
  command: python,
  find: ['-c', pythonFind],
  run: ['-c', pythonRun],
  shown: python,
})

/** The package as the working folder finds it, or arcc's own folder. */
function nodePrograms(): readonly Program[] {
  const places = [join(process.cwd(), 'package.json'), import.meta.url]
  for (const place of places) {
    try {
      const folder = join(createRequire(place).resolve('onnxruntime-node/package.json'), '..')
      const { execPath } = process
      return [{ command: execPath, find: ['-e', nodeFind, folder], run: ['-e', nodeRun, folder], shown: 'Node.js' }]
    } catch {
      // It is not installed there.
    }
  }
  return []
}

export type FoundRuntime = { readonly runtime: OnnxRuntime } | { readonly tried: readonly string[] }

/** ONNX Runtime of this Python, or of whatever this computer has; why there is none otherwise. */
export async function findOnnxRuntime(python: string | undefined): Promise<FoundRuntime> {
  const node = nodePrograms()
  const tried = python === undefined && node.length === 0 ? ['the npm package onnxruntime-node is not installed'] : []
  const programs = python === undefined ? [...node, pythonProgram('python3')] : [pythonProgram(python)]
  for (const program of programs) {
    const found = await start(program.command, program.find, mostToFind)
    if (found.failure === undefined) return { runtime: runtimeOf(program, found.text.trim()) }
    tried.push(`${program.shown}: ${found.failure}`)
  }
  return { tried }
}

function runtimeOf({ command, run, shown }: Program, number: string): OnnxRuntime {
  const version = `${number} (${shown})`
  return {
    version,
    async run(model, tasks) {
      const { failure } = await start(command, [...run, JSON.stringify({ model, tasks })], mostToRun)
      if (failure !== undefined) throw onnxErrors('ARC6806', { version, reason: failure })
    },
  }
}

/** The longest reason that is shown. */
const mostReason = 300

/** Runs a program; `failure` is the last line that it says, or why it does not start. */
function start(
  command: string,
  given: readonly string[],
  timeout: number,
): Promise<{ readonly text: string; readonly failure: string | undefined }> {
  return new Promise((resolve) => {
    const options = { timeout, maxBuffer: 2 ** 24, killSignal: 'SIGKILL' } as const
    execFile(command, given, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ text: stdout, failure: undefined })
      const last = stderr.trim().split('\n').at(-1) ?? ''
      const missing = error.code === 'ENOENT' ? 'there is no such program' : undefined
      const killed = error.killed === true ? `no answer within ${timeout / 1000} s` : error.signal
      const failure = missing ?? (last === '' ? (killed ?? `exit code ${error.code}`) : last)
      resolve({ text: stdout, failure: failure.slice(0, mostReason) })
    })
  })
}
