import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderProfile } from '../../../cli/commands/write-machine.ts'
import { machineFile, readMachineProfile, writeMachineProfile } from '../../../cli/host/machine-file.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { yamlText } from '../../../cli/render/yaml-text.ts'
import { profile } from '../../helpers/machine-profile.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

describe('where it is', () => {
  it.each([
    [{ ARCC_MACHINE: 'm.yaml', HOME: '/a/a' }, 'm.yaml'],
    [{ XDG_CONFIG_HOME: '/etc/me', HOME: '/a/a' }, '/etc/me/arcc/machine.yaml'],
    [{ HOME: '/a/a' }, '/a/a/.config/arcc/machine.yaml'],
    [{}, undefined],
  ])('%j', (env, path) => {
    expect(machineFile(env)).toBe(path)
  })
})

describe('what it holds', () => {
  const folder = temporaryFolder()
  const file = (name: string, text: string) => {
    const path = join(folder, 'deep', name)
    writeMachineProfile(path, text)
    return { ARCC_MACHINE: path }
  }

  it('comes back as it was written', () => {
    expect(readMachineProfile(file('good.yaml', yamlText(profile)))).toEqual(profile)
  })

  it('is refused with a changed figure, unless the line with its SHA-256 is gone', () => {
    const env = file('changed.yaml', yamlText(profile))
    const text = readFileSync(env.ARCC_MACHINE, 'utf8')
    writeFileSync(env.ARCC_MACHINE, text.replace('cores: 8', 'cores: 9'))
    expect(() => readMachineProfile(env)).toThrow(/was damaged or edited after it was measured/)
    writeFileSync(env.ARCC_MACHINE, text.replace('cores: 8', 'cores: 9').replace(/^.*\n/, ''))
    expect(readMachineProfile(env)).toEqual({ ...profile, cores: 9 })
  })

  it('is not asked for where there is none', () => {
    expect(readMachineProfile({ HOME: folder })).toBeUndefined()
  })

  it.each([
    ['another document', 'schema: 1\nfilms: [1, 2]', /is not a valid machine profile: it must /],
    [
      'a wrong rate',
      yamlText({ ...profile, links: { ...profile.links, bandwidth: -1 } }),
      /\/links\/bandwidth must be > 0/,
    ],
    ['no YAML', 'a: [1, 2', /is not valid YAML: /],
  ])('%s is said to be wrong', (_, text, message) => {
    expect(() => readMachineProfile(file('bad.yaml', text))).toThrow(message)
  })

  it('must be there where it is named', () => {
    expect(() => readMachineProfile({ ARCC_MACHINE: join(folder, 'gone.yaml') })).toThrow(
      /cannot read the machine profile/,
    )
  })
})

it('the figures for people', () => {
  expect(renderProfile(profile, documentLook)).toMatchInlineSnapshot(`
    [
      "Some CPU @ 3.0 GHz, 8 cores, XLA CPU (PJRT 0.115), 1 device",
      "  matrix products    200 GFLOP/s",
      "  convolutions       400 GFLOP/s",
      "  filter gradients   200 GFLOP/s",
      "  memory             40.0 GB/s",
      "  between devices    10.0 GB/s, 20.0 µs to synchronize",
      "  launch of an op    0.80 µs",
      "  JPEG decoded       2,000 images/s",
      "  faces generated    250 images/s",
    ]
  `)
})
