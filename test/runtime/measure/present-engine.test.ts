/** With what a run on this computer's CPU will compute, as plans foresee it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { expectedKernels } from '../../../runtime/measure/present-engine.ts'
import { entryFor, hostPlatform, oneDnnTable } from '../../../runtime/plugins/plugin-table.ts'
import { noteFound } from '../../../runtime/xla/native/refusals.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const programs = join(folder, 'bin')
mkdirSync(programs)
writeFileSync(join(programs, 'cc'), '')
const plugin = join(folder, 'plugin.so')
writeFileSync(plugin, 'a library')

const env = { ARCC_CACHE: join(folder, 'cache'), ARCC_XLA_PLUGIN: plugin, PATH: programs }
/** Where oneDNN is not published, nothing else is ever expected. */
const native = entryFor(oneDnnTable, hostPlatform()) === undefined ? 'xla' : 'native'

it.each([
  ['a compiler and what can be downloaded', env, native],
  ['no compiler', { ...env, PATH: folder }, 'xla'],
  ['a compiler that is not there', { ...env, CC: '/none/gcc -O2' }, 'xla'],
  ['kernels left out', { ...env, ARCC_NATIVE: 'off' }, 'xla'],
  ['no plugin yet', { ...env, ARCC_XLA_PLUGIN: join(folder, 'none.so') }, native],
] as const)('%s', (_, given, wanted) => {
  expect(expectedKernels(given)).toBe(wanted)
})

it('an engine that had to do without them is believed until one has them, or something changes', () => {
  noteFound(plugin, false, env)
  expect(expectedKernels(env)).toBe('xla')
  expect(expectedKernels({ ...env, CC: join(programs, 'cc') })).toBe(native)
  noteFound(plugin, true, env)
  expect(expectedKernels(env)).toBe(native)
})
