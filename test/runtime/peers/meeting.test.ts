import { expect, it } from 'vitest'
import { ArccError } from '../../../runtime/errors.ts'
import { differencesOf } from '../../../runtime/peers/agree.ts'
import { meetingOf } from '../../../runtime/peers/meeting.ts'
import { expandNodeList } from '../../../runtime/peers/schedulers/node-list.ts'
import { runToken } from '../../../runtime/peers/token.ts'

const flags = { nodes: undefined, nodeRank: undefined, rendezvous: undefined }
type Flags = Partial<Record<keyof typeof flags, string | number>>
type Variables = Readonly<Record<string, string>>

const at = (host: string, port: number) => ({ host, port })
const torchrun = { RANK: '1', WORLD_SIZE: '2', MASTER_ADDR: 'node-a', MASTER_PORT: '29500' }
const slurm = { SLURM_NNODES: '2', SLURM_NODEID: '1', SLURM_PROCID: '1', SLURM_NTASKS: '2' }
const step = { ...slurm, SLURM_JOB_NODELIST: 'gpu[07-08]', SLURM_JOB_ID: '31234', SLURM_STEP_ID: '0' }
const byFlags = { nodes: 4, nodeRank: 3, rendezvous: '10.0.0.1:4000' }

it.each<[string, Flags, Variables, object | undefined]>([
  ['nothing', {}, {}, undefined],
  ['one node', { nodes: 1 }, {}, undefined],
  ['flags', byFlags, {}, { nodes: 4, rank: 3, rendezvous: at('10.0.0.1', 4000) }],
  ['an IPv6 address', { ...byFlags, rendezvous: '[fd00::1]:80' }, {}, { rendezvous: at('fd00::1', 80) }],
  ['torchrun', {}, torchrun, { nodes: 2, rank: 1, rendezvous: at('node-a', 29500) }],
  [
    'torchrun with a store of its own',
    {},
    { ...torchrun, GROUP_RANK: '1', LOCAL_WORLD_SIZE: '1', TORCHELASTIC_USE_AGENT_STORE: 'True' },
    { rank: 1, rendezvous: at('node-a', 29501) },
  ],
  ['Slurm', {}, step, { nodes: 2, rank: 1, rendezvous: at('gpu07', 21234), expected: ['gpu07', 'gpu08'] }],
  ['Slurm with an address', {}, { ...step, MASTER_ADDR: 'ib-a', MASTER_PORT: '7' }, { rendezvous: at('ib-a', 7) }],
  ['a batch script outside of srun', {}, { ...slurm, SLURM_JOB_ID: '1' }, undefined],
  ['Kubernetes', { nodes: 3, rendezvous: 'job-0.job:80' }, { JOB_COMPLETION_INDEX: '2' }, { nodes: 3, rank: 2 }],
  ['an indexed job that is not one run', {}, { JOB_COMPLETION_INDEX: '2' }, undefined],
  ['flags before variables', byFlags, { ...torchrun, ...step }, { nodes: 4, rank: 3 }],
  ['one node of a flag', { nodes: 1 }, torchrun, undefined],
])('%s', (_, given, env, expected) => {
  const found = meetingOf({ ...flags, ...given } as never, env)
  if (expected === undefined) expect(found).toBeUndefined()
  else expect(found).toMatchObject(expected)
})

it.each<[string, Flags, Variables, string, string]>([
  ['no number of nodes', { nodeRank: 1 }, {}, 'ARC6864', '--nodes'],
  ['no rank', { nodes: 2 }, {}, 'ARC6864', '--node-rank'],
  ['no rendezvous', { nodes: 2, nodeRank: 1 }, {}, 'ARC6864', '--rendezvous'],
  ['a rank too many', { ...byFlags, nodeRank: 4 }, {}, 'ARC6873', '4 (--node-rank)'],
  ['no port', { ...byFlags, rendezvous: 'node-a' }, {}, 'ARC6865', 'HOST:PORT'],
  ['port 0', { ...byFlags, rendezvous: 'node-a:0' }, {}, 'ARC6865', '65535'],
  ['all addresses', { ...byFlags, rendezvous: '0.0.0.0:80' }, {}, 'ARC6865', '0.0.0.0'],
  ['a wrong address', { ...byFlags, rendezvous: '10.0.0.256:80' }, {}, 'ARC6865', '10.0.0.256'],
  ['two ranks', {}, { ...step, ...torchrun, RANK: '0' }, 'ARC6863', '0 by RANK, but 1 by SLURM_NODEID'],
  [
    'eight processes of torchrun',
    {},
    { ...torchrun, WORLD_SIZE: '8', LOCAL_WORLD_SIZE: '8' },
    'ARC6872',
    '8 processes',
  ],
  ['eight tasks of Slurm', {}, { ...step, SLURM_NTASKS: '16' }, 'ARC6872', 'SLURM_NTASKS'],
])('%s is an error', (_, given, env, code, text) => {
  let error: unknown
  try {
    meetingOf({ ...flags, ...given } as never, env)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(ArccError)
  expect(error).toMatchObject({ code, message: expect.stringContaining(text) })
})

it.each<[string, readonly string[] | undefined]>([
  ['node-a', ['node-a']],
  ['a,b', ['a', 'b']],
  ['n[1-3,7],login', ['n1', 'n2', 'n3', 'n7', 'login']],
  ['n[08-11]', ['n08', 'n09', 'n10', 'n11']],
  ['r[1-2]n[1-2]x', ['r1n1x', 'r1n2x', 'r2n1x', 'r2n2x']],
  ['', undefined],
  ['n[1-3', undefined],
  ['n[3-1]', undefined],
  ['n[[1]]', undefined],
  ['n[1-999999999]', undefined],
])('the node list %j', (list, names) => {
  expect(expandNodeList(list)).toEqual(names)
})

it('takes the token from the variable, and none on a loopback address', () => {
  const other = at('10.0.0.1', 80)
  expect(runToken(undefined, other, { ARCC_RUN_TOKEN: '0123456789abcdef\n' })).toBe('0123456789abcdef')
  for (const host of ['127.0.0.1', '::1', 'localhost']) expect(runToken(undefined, at(host, 80), {})).toBe('')
  expect(() => runToken(undefined, other, {})).toThrow('needs a run token')
  expect(() => runToken(undefined, at('127.evil.example', 80), {})).toThrow('needs a run token')
  expect(() => runToken(undefined, other, { ARCC_RUN_TOKEN: 'short' })).toThrow('at least 16')
  expect(() => runToken('/nowhere/token', other, {})).toThrow('/nowhere/token')
})

it('tells differences with each value and who has it', () => {
  const same = { images: '10' }
  const all = [same, { images: '11', 'train.clip': '5' }, same]
  expect(differencesOf(all, ['a', 'b', 'c'])).toEqual([
    'images is 10 at rank 0 (a), rank 2 (c) and 11 at rank 1 (b)',
    'train.clip is missing at rank 0 (a), rank 2 (c) and 5 at rank 1 (b)',
  ])
  const each = Array.from({ length: 20 }, (_, i) => ({ images: `${i}` }))
  expect(differencesOf(each, []).join()).toMatch(/^images is 0 at rank 0 and .* 7 at rank 7, and has 12 other values$/)
  expect(differencesOf(each.slice(0, 9), []).join()).toMatch(/ 7 at rank 7, and has one other value$/)
  expect(differencesOf([same, same], ['a', 'b'])).toEqual([])
})
