/** Command lines, and the options that the commands receive. */
import { CommanderError } from 'commander'
import { expect, test } from 'vitest'
import type { Actions } from '../../cli/commands/options.ts'
import { createProgram, everyCommand } from '../../cli/program.ts'
import { type ExitCode, exitCode } from '../../cli/render/exit.ts'

interface Call {
  readonly command: keyof Actions
  readonly options: unknown
}

/** Parses a command line; its output goes to `printed`. */
async function parse(line: string) {
  const calls: Call[] = []
  const codes: ExitCode[] = []
  let printed = ''
  const record = (command: keyof Actions) => async (options: unknown) => {
    calls.push({ command, options })
    return exitCode.environment
  }
  const actions: Actions = {
    check: record('check'),
    plan: record('plan'),
    run: record('run'),
    replay: record('replay'),
    dump: record('dump'),
    doctor: record('doctor'),
    install: record('install'),
    test: record('test'),
    data: record('data'),
    checkpoint: record('checkpoint'),
    eval: record('eval'),
    embed: record('embed'),
    compare: record('compare'),
    report: record('report'),
    runs: record('runs'),
    export: record('export'),
  }
  const program = createProgram('1.2.3', actions, (code) => codes.push(code))
  const write = (text: string) => {
    printed += text
  }
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({ writeOut: write, writeErr: write, getOutHelpWidth: () => 80 })
  }
  const error = await program.parseAsync(line.split(' ').filter(Boolean), { from: 'user' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { calls, codes, printed, error }
}

const source = { color: undefined, source: 'faces', experiment: undefined, set: [], format: 'text' }
const written = { ...source, out: 'out', force: false }
const file = { color: undefined, file: 'a.arc', experiment: undefined, set: [] }
const ofCheckpoint = { color: undefined, path: 'runs/a-001' }
const network = {
  ...{ path: 'w.pt', backbone: undefined, experiment: undefined },
  ...{ engine: 'xla', devices: undefined, batch: undefined, precision: 'f32' },
}
const meeting = { nodes: undefined, nodeRank: undefined, rendezvous: undefined, tokenFile: undefined, joinTimeout: 600 }
const ofEmbed = {
  ...{ color: undefined, network, meeting, source: 'faces', set: [], out: 'a.npy', format: 'text' },
  ...{ flip: false, normalize: false, f16: false, skipDamaged: false, resume: false, force: false },
}
const ofExport = {
  ...{ color: undefined, path: 'runs/a-001', backbone: undefined, experiment: undefined, force: false, format: 'text' },
}
const ofOnnx = {
  ...{ ...ofExport, to: 'onnx', f16: false, fold: true, preprocess: 'outside', opset: 17, external: undefined },
  ...{ check: undefined, tolerance: undefined, pictures: undefined, python: undefined, engine: 'xla' },
}
const ofRun = {
  ...{ engine: undefined, emulate: false, measure: true, folder: undefined, resume: undefined, continues: false },
  ...{ grace: 30, meeting },
}

test.each<[string, Call]>([
  [
    'check a.arc b.arc',
    { command: 'check', options: { color: undefined, files: ['a.arc', 'b.arc'], set: [], format: 'text' } },
  ],
  [
    'check --json a.arc --set x=1 --set y=a=b',
    { command: 'check', options: { color: undefined, files: ['a.arc'], set: ['x=1', 'y=a=b'], format: 'json' } },
  ],
  [
    'data inspect faces --json --sample 9',
    {
      command: 'data',
      options: { ...source, what: 'inspect', sample: 9, format: 'json' },
    },
  ],
  [
    'data check a.arc --experiment big --set dataset.holdout=0 -o r.json --resume --strict',
    {
      command: 'data',
      options: {
        ...source,
        what: 'check',
        source: 'a.arc',
        experiment: 'big',
        set: ['dataset.holdout=0'],
        output: 'r.json',
        resume: true,
        strict: true,
      },
    },
  ],
  [
    'data pack faces out --layout im2rec --resize 112 --quality 90 --skip-damaged --force',
    {
      command: 'data',
      options: {
        ...written,
        what: 'pack',
        layout: 'im2rec',
        resize: 112,
        quality: 90,
        skipDamaged: true,
        force: true,
      },
    },
  ],
  ['data shuffle faces out --seed 0', { command: 'data', options: { ...written, what: 'shuffle', seed: 0 } }],
  [
    'data pairs faces out',
    {
      command: 'data',
      options: { ...written, what: 'pairs', pairs: 6000, seed: 1, resize: 112, quality: undefined },
    },
  ],
  [
    'data sheet faces out --class 3 --rows 2 --augmented b.arc',
    {
      command: 'data',
      options: { ...written, what: 'sheet', rows: 2, columns: 10, class: 3, augmented: 'b.arc' },
    },
  ],
  ['test stdlib a.arc', { command: 'test', options: { color: undefined, paths: ['stdlib', 'a.arc'] } }],
  [
    'plan a.arc',
    { command: 'plan', options: { ...file, format: 'text', exact: false, measure: true, output: undefined } },
  ],
  [
    'plan a.arc --exact',
    { command: 'plan', options: { ...file, format: 'text', exact: true, measure: true, output: undefined } },
  ],
  [
    'plan a.arc r100 --format yaml -o out.yaml --no-color',
    {
      command: 'plan',
      options: {
        ...file,
        experiment: 'r100',
        color: false,
        format: 'yaml',
        exact: false,
        measure: true,
        output: 'out.yaml',
      },
    },
  ],
  [
    'plan a.arc --no-measure',
    { command: 'plan', options: { ...file, format: 'text', exact: false, measure: false, output: undefined } },
  ],
  ['run a.arc --no-measure', { command: 'run', options: { ...file, ...ofRun, measure: false, progress: 'auto' } }],
  ['run a.arc', { command: 'run', options: { ...file, ...ofRun, progress: 'auto' } }],
  [
    '--color run a.arc big --engine tfjs --folder out --plain --set train.steps=3',
    {
      command: 'run',
      options: {
        color: true,
        file: 'a.arc',
        experiment: 'big',
        set: ['train.steps=3'],
        engine: 'tfjs',
        emulate: false,
        measure: true,
        folder: 'out',
        resume: undefined,
        continues: false,
        progress: 'plain',
        grace: 30,
        meeting,
      },
    },
  ],
  [
    'run a.arc --nodes 2 --node-rank 1 --rendezvous node-a:29500 --token-file token --join-timeout 60',
    {
      command: 'run',
      options: {
        ...{ ...file, ...ofRun, progress: 'auto' },
        meeting: { nodes: 2, nodeRank: 1, rendezvous: 'node-a:29500', tokenFile: 'token', joinTimeout: 60 },
      },
    },
  ],
  [
    'run a.arc --folder out --continue',
    { command: 'run', options: { ...file, ...ofRun, folder: 'out', continues: true, progress: 'auto' } },
  ],
  ['run a.arc --json', { command: 'run', options: { ...file, ...ofRun, progress: 'json' } }],
  [
    'run --resume runs/small-001 --engine tfjs',
    {
      command: 'run',
      options: { ...file, ...ofRun, file: undefined, engine: 'tfjs', resume: 'runs/small-001', progress: 'auto' },
    },
  ],
  [
    'dump a.arc',
    { command: 'dump', options: { ...file, after: 'plan', graph: 'step', locations: false, output: undefined } },
  ],
  [
    'dump a.arc --after stablehlo --graph embed --locations -o x.mlir',
    { command: 'dump', options: { ...file, after: 'stablehlo', graph: 'embed', locations: true, output: 'x.mlir' } },
  ],
  [
    'plan a.arc --html plan.html',
    { command: 'plan', options: { ...file, format: 'html', exact: false, measure: true, output: 'plan.html' } },
  ],
  [
    'plan a.arc -o plan.HTM',
    { command: 'plan', options: { ...file, format: 'html', exact: false, measure: true, output: 'plan.HTM' } },
  ],
  [
    'plan a.arc -o plan.html --format json',
    { command: 'plan', options: { ...file, format: 'json', exact: false, measure: true, output: 'plan.html' } },
  ],
  ['report runs/a-001', { command: 'report', options: { color: undefined, runs: ['runs/a-001'], output: undefined } }],
  [
    'report a b -o both.html',
    { command: 'report', options: { color: undefined, runs: ['a', 'b'], output: 'both.html' } },
  ],
  [
    'runs',
    { command: 'runs', options: { color: undefined, what: 'list', folder: 'runs', by: undefined, format: 'text' } },
  ],
  [
    'runs old --by lfw --json',
    { command: 'runs', options: { color: undefined, what: 'list', folder: 'old', by: 'lfw', format: 'json' } },
  ],
  [
    'runs diff a b --json',
    { command: 'runs', options: { color: undefined, what: 'diff', a: 'a', b: 'b', format: 'json' } },
  ],
  [
    'checkpoint inspect runs/a-001 --json',
    { command: 'checkpoint', options: { ...ofCheckpoint, what: 'inspect', format: 'json' } },
  ],
  [
    'checkpoint verify runs/a-001',
    { command: 'checkpoint', options: { ...ofCheckpoint, what: 'verify', format: 'text' } },
  ],
  ['embed w.pt faces --out a.npy', { command: 'embed', options: ofEmbed }],
  [
    'embed w.pt faces --out a.npy --nodes 3 --node-rank 2 --rendezvous node-a:1 --token-file t',
    {
      command: 'embed',
      options: { ...ofEmbed, meeting: { ...meeting, nodes: 3, nodeRank: 2, rendezvous: 'node-a:1', tokenFile: 't' } },
    },
  ],
  [
    'embed w.pt faces --out a.npy --flip --normalize --f16 --skip-damaged --resume --force --set dataset.x=1 --json --engine tfjs',
    {
      command: 'embed',
      options: {
        ...ofEmbed,
        ...{ network: { ...network, engine: 'tfjs' }, set: ['dataset.x=1'], format: 'json' },
        ...{ flip: true, normalize: true, f16: true, skipDamaged: true, resume: true, force: true },
      },
    },
  ],
  [
    'compare w.pt a.jpg b.jpg c.jpg --threshold 0.25 --devices 2',
    {
      command: 'compare',
      options: {
        ...{ color: undefined, pictures: ['a.jpg', 'b.jpg', 'c.jpg'], threshold: 0.25, format: 'text' },
        network: { ...network, devices: 2 },
      },
    },
  ],
  ['export runs/a-001 a.onnx', { command: 'export', options: { ...ofOnnx, out: 'a.onnx' } }],
  [
    'export runs/a-001 a.bin --to onnx --f16 --no-fold --preprocess inside --opset 20 --no-external --check --json',
    {
      command: 'export',
      options: {
        ...{ ...ofOnnx, out: 'a.bin', f16: true, fold: false, preprocess: 'inside', opset: 20, external: false },
        ...{ check: true, format: 'json' },
      },
    },
  ],
  [
    'export runs/a-001 a.PTH --force',
    { command: 'export', options: { ...ofExport, to: 'torch', out: 'a.PTH', force: true } },
  ],
  [
    'export runs/a-001 hub/ --license mit',
    { command: 'export', options: { ...ofExport, to: 'hugging-face', out: 'hub/', license: 'mit' } },
  ],
  [
    'checkpoint merge runs/a-001 merged --files 4',
    { command: 'checkpoint', options: { ...ofCheckpoint, what: 'merge', out: 'merged', files: 4, force: false } },
  ],
  [
    'checkpoint convert runs/a-001 a.safetensors --centers --force',
    {
      command: 'checkpoint',
      options: { ...ofCheckpoint, what: 'convert', out: 'a.safetensors', centers: true, force: true },
    },
  ],
  ['install', { command: 'install', options: { color: undefined, what: undefined, action: 'list', format: 'text' } }],
  [
    'install --list',
    { command: 'install', options: { color: undefined, what: undefined, action: 'list', format: 'text' } },
  ],
  [
    'install --json',
    { command: 'install', options: { color: undefined, what: undefined, action: 'list', format: 'json' } },
  ],
  [
    'install cuda',
    { command: 'install', options: { color: undefined, what: 'cuda', action: 'install', format: 'text' } },
  ],
  [
    'install --remove cuda',
    { command: 'install', options: { color: undefined, what: 'cuda', action: 'remove', format: 'text' } },
  ],
  ['doctor --json', { command: 'doctor', options: { color: undefined, format: 'json', writeMachine: undefined } }],
  ['doctor', { command: 'doctor', options: { color: undefined, format: 'text', writeMachine: undefined } }],
  ['doctor --write-machine', { command: 'doctor', options: { color: undefined, format: 'text', writeMachine: true } }],
  [
    'doctor --write-machine m.yaml',
    { command: 'doctor', options: { color: undefined, format: 'text', writeMachine: 'm.yaml' } },
  ],
])('arcc %s', async (line, expected) => {
  const { calls, codes, error } = await parse(line)
  expect(error).toBeUndefined()
  expect(calls).toEqual([expected])
  expect(codes).toEqual([exitCode.environment])
})

test.each([
  ['plna a.arc', 'Did you mean plan?'],
  ['run', "missing required argument 'file'"],
  ['run a.arc --sat x=1', 'Did you mean --set?'],
  ['run a.arc --set train.steps', 'Write it as path=value'],
  ['run a.arc --set =3', 'Write it as path=value'],
  ['run a.arc --engine cuda', 'Allowed choices are xla, tfjs'],
  ['run a.arc --plain --json', 'cannot be used with option'],
  ['checkpoint merge a b --files 0', 'Write a whole number'],
  ['embed w.pt faces', '--out'],
  ['compare w.pt a b --threshold 2', 'Write a cosine'],
  ['export w.pt hub/v1.5', 'the ending of hub/v1.5 names no form'],
  ['export w.pt a.pt --f16', "'--f16' does not apply to torch"],
  ['export w.pt a.onnx --license mit', "'--license' does not apply to onnx"],
  ['export w.pt hub --license=', 'Write a name on one line'],
  ['compare w.pt', 'faces'],
  ['run --resume runs/a-001 --folder b', 'cannot be used with option'],
  ['run --resume runs/a-001 --continue', 'cannot be used with option'],
  ['run a.arc --continue', '--continue needs --folder'],
  ['plan a.arc b c', 'too many arguments'],
  ['plan a.arc --html a.html --format json', 'cannot be used with option'],
  ['report', 'missing required argument'],
  ['runs diff a', 'missing required argument'],
  ['install torch', 'Allowed choices are cuda, cpu'],
  ['install --remove', 'specify what to remove'],
  ['install --remove --list cuda', 'cannot be used with option'],
  ['dump a.arc --after magic', 'Allowed choices are'],
])('arcc %s is refused', async (line, reason) => {
  const { calls, error, printed } = await parse(line)
  expect(calls).toEqual([])
  expect(error).toBeInstanceOf(CommanderError)
  expect(printed).toContain(reason)
})

test('--version', async () => {
  expect((await parse('--version')).printed).toBe('1.2.3\n')
})

/** A new flag is a deliberate decision: settings that are fields of the experiment need none. */
test('the flags', () => {
  const program = createProgram('0', {} as Actions, () => {})
  const flags = everyCommand(program).map((command) => ({
    usage: `${command.name()} ${command.usage()}`,
    flags: command.options.map((option) => option.flags),
  }))
  expect(flags).toMatchSnapshot()
})

test('help', async () => {
  expect((await parse('--help')).printed).toMatchSnapshot()
  expect((await parse('run --help')).printed).toMatchSnapshot()
})
