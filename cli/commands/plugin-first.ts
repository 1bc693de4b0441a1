/** Before the first plan of a run on this computer's CPU: the engine, with which it is measured, must be there. */
import { type CompileRequest, compileVariants } from '../../compiler/driver.ts'
import type { Host } from '../../compiler/host/host.ts'
import { presentEngine } from '../../runtime/measure/present-engine.ts'
import type { Output } from '../render/output.ts'
import { fetchKernels, installCpu } from './install.ts'

/** Whether an experiment runs on this computer's CPU; false after errors, which are reported later. */
function runsOnCpu(request: CompileRequest, host: Host, emulate: boolean): boolean {
  const [first] = compileVariants({ ...request, until: 'elaborate' }, host)
  const machine = first?.experiment?.machine
  return machine !== undefined && (emulate || (machine.local && machine.device.kind === 'cpu'))
}

/**
 * Downloads the plugin for the CPU, and oneDNN, if a run needs them and they are not on this computer: otherwise, that happens after the
 * plan, which is then a guess, or unseen in the process that measures. Throws ARC6001 to ARC6008 for the plugin.
 */
export async function fetchPluginFirst(
  request: CompileRequest,
  emulate: boolean,
  host: Host,
  output: Output,
): Promise<void> {
  const present = presentEngine(process.env)
  if (present?.isComplete || !runsOnCpu(request, host, emulate)) return
  if (present === undefined) output.note([await installCpu(output)])
  if (presentEngine(process.env)?.isComplete === false) await fetchKernels(output)
}
