/** The parts of the kit, most valuable first: when the time is used up, the remaining ones are skipped. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Golden } from '../golden-run.ts'

export interface Part {
  readonly name: string
  readonly kind: 'doctor' | 'ops' | 'golden' | 'quickstart' | 'arcc' | 'torch'
  readonly command: 'node' | 'python3'
  readonly args: readonly string[]
  /** Seconds after which it is stopped. */
  readonly limit: number
  /** Minimum remaining seconds for starting it. */
  readonly least: number
  /** Whether f32 is multiplied as f32 instead of TF32. */
  readonly exact?: boolean
  /** The case that a PyTorch part is compared with. */
  readonly beside?: string
}

/** One of the installed cards. */
const oneCard = ['--set', 'machine=local(devices: 1)']
/** The case that replaces the others on a CPU. */
const rehearsal = 'mbf_rehearsal'

function arcc(name: string, limit: number, steps = 30): Part {
  const args = ['dist/gpu-step.js', 'cases.arc', name, '--steps', String(steps), ...(name === rehearsal ? [] : oneCard)]
  return { name: `arcc ${name}`, kind: 'arcc', command: 'node', args, limit, least: Math.min(20, limit), beside: name }
}

/** The same from the cache of compiled programs: the time of a second start, and the peak memory without tuning. */
function again(name: string): Part {
  const first = arcc(name, 60, 5)
  return { ...first, name: `${first.name} again` }
}

function torch(beside: string, args: string, mode: 'eager' | 'compile' | 'cpu', limit: number): Part {
  const name = `torch ${beside} ${mode}`
  const rest = mode === 'cpu' ? ['--device', 'cpu', '--steps', '2'] : ['--mode', mode]
  const all = ['torch_step.py', ...args.split(' '), ...rest]
  return { name, kind: 'torch', command: 'python3', args: all, limit, least: Math.min(20, limit), beside }
}

function worldOf(file: string): number {
  return (JSON.parse(readFileSync(file, 'utf8')) as Golden).config.world
}

/** The golden files for which there are enough devices; none if none were packed. */
function goldenParts(devices: number, limit: number): Part[] {
  const files = existsSync('golden') ? readdirSync('golden').sort() : []
  const fitting = files.filter((file) => worldOf(`golden/${file}`) <= devices)
  return fitting.map((file) => ({
    name: `golden ${file.replace('.json', '')}`,
    kind: 'golden',
    command: 'node',
    args: ['dist/gpu-golden.js', `golden/${file}`],
    limit,
    least: 15,
    exact: true,
  }))
}

interface Start {
  readonly devices: number
  /** Seconds for the op cases, and for one golden file. */
  readonly ops: number
  readonly golden: number
  /** Epochs of the quickstart. */
  readonly epochs: number
}

function start({ devices, ops, golden, epochs }: Start): Part[] {
  const quickstart = ['bin/arcc.js', 'run', 'experiments/quickstart.arc', '--json', '--folder', '../quickstart']
  const settings = [...oneCard, '--set', `train.epochs=${epochs}`]
  return [
    { name: 'doctor', kind: 'doctor', command: 'node', args: ['bin/arcc.js', 'doctor', '--json'], limit: 60, least: 5 },
    {
      name: 'op cases',
      kind: 'ops',
      command: 'node',
      args: ['dist/gpu-ops.js', '--seconds', String(ops)],
      limit: ops + 30,
      least: 20,
    },
    ...goldenParts(devices, golden),
    {
      name: 'quickstart',
      kind: 'quickstart',
      command: 'node',
      args: [...quickstart, ...settings],
      limit: 150,
      least: 15,
    },
  ]
}

/** `devices`: number of GPUs; 0 in a rehearsal on a CPU. */
export function partsFor(devices: number): readonly Part[] {
  if (devices === 0)
    return [
      ...start({ devices: 1, ops: 240, golden: 300, epochs: 1 }),
      arcc(rehearsal, 150, 3),
      torch(rehearsal, 'mbf 500 --batch 4 --dtype f32', 'cpu', 120),
    ]
  return [
    ...start({ devices, ops: 60, golden: 60, epochs: 8 }),
    // Each case of arcc is followed by the same in PyTorch, so that changes of the card's state affect both.
    arcc('r50_10k', 90),
    torch('r50_10k', 'r50 10000', 'eager', 60),
    torch('r50_10k', 'r50 10000', 'compile', 100),
    arcc('r100_10k', 100),
    torch('r100_10k', 'r100 10000', 'eager', 60),
    arcc('mbf_10k', 100),
    torch('mbf_10k', 'mbf 10000', 'eager', 60),
    torch('r100_10k', 'r100 10000', 'compile', 120),
    again('r50_10k'),
    again('r100_10k'),
    arcc('r50_1m_pfc', 90),
    torch('r50_1m_pfc', 'r50 1000000 --rate 0.1', 'eager', 60),
    arcc('r100_360k_pfc', 100),
    torch('r100_360k_pfc', 'r100 360232 --rate 0.1', 'eager', 60),
    arcc('r50_10k_bf16', 90),
    torch('mbf_10k', 'mbf 10000', 'compile', 100),
    arcc('r50_100k', 90),
  ]
}
