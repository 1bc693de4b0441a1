/** `examples/` is correct: its experiment has a plan, its scripts and manifests fit together, and the options that they use exist. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { createProgram } from '../cli/program.ts'
import { need } from '../grammar/diagnostic.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { planOf } from './helpers/plan.ts'
import { refusedActions } from './helpers/refused-actions.ts'
import { temporaryFolder } from './helpers/temporary-folder.ts'

const folder = join(packageFolder, 'examples')
const read = (file: string) => readFileSync(join(folder, file), 'utf8')
const files = readdirSync(folder)

const run = need(
  createProgram('0', refusedActions, () => {}).commands.find((command) => command.name() === 'run'),
  'arcc run',
)
const known = run.options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long]))

/** The options of `arcc run` in a text: those of its command, on as many lines as backslashes join. */
function optionsIn(text: string): string[] {
  const commands = [...text.matchAll(/arcc run (?:.*\\\n)*.*/g)].map(([command]) => command)
  return commands.flatMap((command) => [...command.matchAll(/(?<=\s)--[a-z][\w-]*/g)].map(([option]) => option))
}

it('the experiment has a plan for two computers', () => {
  const { document } = planOf(read('two_computers.arc'), { path: 'examples/two_computers.arc' })
  expect(document.machine).toMatchObject({ nodes: 2, devicesPerNode: 1 })
  expect(document.memory.fits).toBe(true)
})

describe.each(files.filter((file) => /\.(sh|sbatch)$/.test(file)))('%s', (file) => {
  it('is a script that bash reads', () => {
    expect(() => execFileSync('bash', ['-n', join(folder, file)], { stdio: 'pipe' })).not.toThrow()
  })

  it('starts arcc with options that exist, the token among none of them', () => {
    const used = optionsIn(read(file))
    expect(used).toContain('--plain')
    expect(used.filter((option) => !known.includes(option))).toEqual([])
    expect(read(file)).not.toMatch(/--token[ =]/)
  })
})

/** Programs that only print how they are started, one word a line, instead of those that a script wants. */
const stand = {
  ssh: 'while [ "$1" = -tt ] || [ "$1" = -o ]; do [ "$1" = -o ] && shift; shift; done; shift; exec sh -c "$*"',
  npx: 'printf "%s\\n" "$@"; for word; do case $before in --token-file) echo "token $(cat "$word")";; esac; before=$word; done',
  srun: 'printf "%s\\n" "$@"; echo "token $ARCC_RUN_TOKEN"; echo "cores $SRUN_CPUS_PER_TASK"',
  torchrun: 'printf "%s\\n" "$@"; echo "token $ARCC_RUN_TOKEN"',
} as const

describe('what the scripts start', () => {
  const programs = temporaryFolder()
  beforeAll(async () => {
    await mkdir(programs, { recursive: true })
    for (const [name, text] of Object.entries(stand))
      await writeFile(join(programs, name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 })
  })
  const start = (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    execFileSync('bash', [join(folder, file), ...args], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${programs}:${process.env.PATH}`, ...env },
    }).split('\n')
  const tokensOf = (lines: readonly string[]) => lines.flatMap((line) => /token (\S+)$/.exec(line)?.[1] ?? [])

  it('one node on each host of ssh, each with its rank, all with one token from a file', () => {
    const lines = start('by-hand.sh', ['my file.arc', 'small', 'node-a', 'node-b', 'node-c'])
    for (const [rank, host] of ['node-a', 'node-b', 'node-c'].entries()) {
      const own = lines.filter((line) => line.startsWith(`${host}: `)).map((line) => line.slice(host.length + 2))
      const options = ['--nodes', '3', '--node-rank', String(rank), '--rendezvous', 'node-a:29500', '--token-file']
      expect(own.slice(0, 11)).toEqual(['arcc', 'run', 'my file.arc', 'small', ...options])
    }
    const tokens = tokensOf(lines)
    expect(tokens).toHaveLength(3)
    expect(new Set(tokens).size).toBe(1)
    expect(tokens[0]?.length).toBeGreaterThanOrEqual(32)
  })

  it('tasks of Slurm with the token and the cores in the environment', () => {
    const lines = start('slurm.sbatch', ['a.arc', 'small'], { SLURM_CPUS_PER_TASK: '64', SLURM_JOB_ID: '17' })
    expect(lines).toContain('cores 64')
    expect(lines.join(' ')).toContain('npx arcc run a.arc small --folder runs/slurm-17 --continue --plain')
    expect(tokensOf(lines)[0]?.length).toBeGreaterThanOrEqual(32)
    expect(lines.filter((line) => line.includes(tokensOf(lines)[0] ?? '-'))).toHaveLength(1)
  })

  it("one process on each computer under PyTorch's launcher, which needs what the script asks for", () => {
    const env = { NODE_RANK: '1', NODES: '2', MASTER: 'node-a', ARCC_RUN_TOKEN: 'a token of some length' }
    const text = start('torchrun.sh', ['a.arc', 'small', '--folder', 'f'], env).join(' ')
    expect(text).toContain('--nnodes 2 --node-rank 1 --nproc-per-node 1 --max-restarts 3 --master-addr node-a')
    expect(text).toContain('npx arcc run a.arc small --folder f --continue --plain')
    expect(() => start('torchrun.sh', ['a.arc'], { ...env, MASTER: '' })).toThrow('the name of the first computer')
  })
})

describe('kubernetes.yaml', () => {
  const documents = parseAllDocuments(read('kubernetes.yaml'), { strict: true })
  const objects = documents.map((document) => document.toJS() as Record<string, unknown>)
  const object = (kind: string) => {
    const found = need(
      objects.find((candidate) => candidate.kind === kind),
      kind,
    )
    return JSON.parse(JSON.stringify(found))
  }
  const service = object('Service')
  const job = object('Job')
  const pod = job.spec.template.spec
  const [container] = pod.containers

  it('is without mistakes', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
  })

  it('the names of the pods lead to rank 0', () => {
    expect(service.spec.clusterIP).toBe('None')
    expect(service.spec.selector).toEqual({ 'job-name': job.metadata.name })
    expect(pod.subdomain).toBe(service.metadata.name)
    const rendezvous = `--rendezvous=${job.metadata.name}-0.${service.metadata.name}:${service.spec.ports[0].port}`
    expect(container.args).toContain(rendezvous)
  })

  it('as many pods as processes, each with its number, which go on with their run when they are started again', () => {
    expect(job.spec).toMatchObject({ completionMode: 'Indexed', backoffLimit: 10 })
    expect(job.spec.parallelism).toBe(job.spec.completions)
    expect(container.args).toContain(`--nodes=${job.spec.completions}`)
    expect(pod.restartPolicy).toBe('OnFailure')
    expect(container.args).toEqual(expect.arrayContaining(['--continue', expect.stringMatching(/^--folder=/)]))
  })

  it('takes the token from a secret, and uses options that exist', () => {
    expect(container.env).toEqual([
      { name: 'ARCC_RUN_TOKEN', valueFrom: { secretKeyRef: { name: 'arcc-run-token', key: 'token' } } },
    ])
    expect(read('kubernetes.yaml')).toContain('kubectl create secret generic arcc-run-token --from-literal=token=')
    const used = container.args.map((arg: string) => arg.split('=')[0]).filter((arg: string) => arg.startsWith('--'))
    expect(used.filter((option: string) => !known.includes(option))).toEqual([])
  })

  it('mounts what it declares', () => {
    const names = (list: { name: string }[]) => list.map(({ name }) => name).sort()
    expect(names(container.volumeMounts)).toEqual(names(pod.volumes))
  })
})
