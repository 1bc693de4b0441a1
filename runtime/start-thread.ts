/** Starts threads from modules of arcc. When bundled, these are JavaScript; when run from source, tsx loads them. */
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { tsxModule } from './tsx-module.ts'

/** A thread that runs a module; options of the process's command line do not pass to it. */
export function startThread(module: URL, options: Pick<WorkerOptions, 'workerData'> = {}): Worker {
  const own = { ...options, execArgv: [] }
  if (!module.pathname.endsWith('.ts')) return new Worker(module, own)
  const load = `import('${tsxModule()}').then(({ register }) => { register(); return import('${module.href}') })`
  return new Worker(load, { ...own, eval: true })
}
