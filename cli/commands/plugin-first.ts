/** Before the first plan of a run on this computer's CPU: the plugin, with which it is measured, must be there. */
import { type CompileRequest, compileVariants } from '../../compiler/driver.ts'
import type { Host } from '../../compiler/host/host.ts'
import { presentPlugin } from '../../runtime/plugins/present-plugin.ts'
import type { Output } from '../render/output.ts'
import { installCpu } from './install.ts'

/** Whether an experiment runs on this computer's CPU; false after errors, which are reported later. */
function runsOnCpu(request: CompileRequest, host: Host, emulate: boolean): boolean {
  const [first] = compileVariants({ ...request, until: 'elaborate' }, host)
  const machine = first?.experiment?.machine
  return machine !== undefined && (emulate || (machine.local && machine.device.kind === 'cpu'))
}

/**
 * Downloads the plugin for the CPU if a run needs it and it is not on this computer: otherwise, that happens after the plan, which is
 * then a guess. Throws ARC6001 to ARC6008.
 */
export async function fetchPluginFirst(
  request: CompileRequest,
  emulate: boolean,
  host: Host,
  output: Output,
): Promise<void> {
  if (presentPlugin() === undefined && runsOnCpu(request, host, emulate)) output.note([await installCpu(output)])
}
