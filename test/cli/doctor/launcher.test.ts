import { expect, it } from 'vitest'
import { checkLauncher } from '../../../cli/doctor/launcher.ts'

const torchrun = { RANK: '1', WORLD_SIZE: '2', MASTER_ADDR: 'node-a', MASTER_PORT: '29400' }
const slurm = { SLURM_JOB_ID: '1234567', SLURM_STEP_ID: '0', SLURM_NNODES: '2', SLURM_NODEID: '1', SLURM_NTASKS: '2' }

it('says nothing where no launcher has set variables', () => {
  expect(checkLauncher({})).toEqual([])
})

it.each([
  [torchrun, 'torchrun: rank 1 (RANK), number of nodes 2 (WORLD_SIZE), rendezvous node-a:29400'],
  [{ ...slurm, SLURM_JOB_NODELIST: 'gpu[07-08]' }, 'rendezvous gpu07:24567 (SLURM_JOB_NODELIST and SLURM_JOB_ID)'],
  [{ JOB_COMPLETION_INDEX: '1' }, 'Kubernetes: rank 1 (JOB_COMPLETION_INDEX), number of nodes by --nodes'],
])('shows what %j says', (env, text) => {
  expect(checkLauncher(env)).toEqual([{ name: 'nodes', status: 'ok', text: expect.stringContaining(text) }])
})

it('shows what contradicts, with the option that decides', () => {
  const [one, two, found] = checkLauncher({ ...torchrun, ...slurm, RANK: '0', SLURM_JOB_NODELIST: 'gpu[07-08]' })
  expect([one?.status, two?.status]).toEqual(['ok', 'ok'])
  expect(found).toMatchObject({ status: 'warn', fix: expect.stringContaining('--node-rank') })
})

it('a batch script of Slurm, which runs on the first computer only, counts for nothing', () => {
  const { SLURM_STEP_ID, ...batch } = slurm
  expect(checkLauncher(batch)).toMatchObject([{ name: 'nodes', status: 'skip' }])
})
