/** The command line of `arcc export`. */
import { extname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { engineNames } from '../runtime/engine-name.ts'
import { opsets } from '../runtime/export/onnx/choices.ts'
import { type ExportOnnxOptions, type ExportOptions, exportForms, type WithoutColor } from './commands/options.ts'
import { addSourceOptions, networkArgument } from './network-options.ts'

function tolerance(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && value < 1))
    throw new InvalidArgumentError('Write it as a number between 0 and 1, as in 1e-4.')
  return value
}

/** One line of text: it becomes a field of the model card. */
function license(text: string): string {
  if (text.trim() !== '' && !/[\r\n]/.test(text)) return text.trim()
  throw new InvalidArgumentError('Write a name on one line, as in mit.')
}

type Form = ExportOptions['to']

/** The form of a file by its ending; a name without one is a folder. */
const endings: { readonly [ending: string]: Form } = {
  '.onnx': 'onnx',
  '.pt': 'torch',
  '.pth': 'torch',
  '': 'hugging-face',
}

/** Options of one form only. */
const ownOptions: { readonly [F in Form]: readonly string[] } = {
  onnx: ['f16', 'fold', 'preprocess', 'opset', 'external', 'check', 'tolerance', 'pictures', 'python', 'engine'],
  torch: [],
  'hugging-face': ['license'],
}

type Raw = Partial<Pick<ExportOptions, 'backbone' | 'experiment' | 'force' | 'to'>> &
  Partial<Omit<WithoutColor<ExportOnnxOptions>, 'opset' | 'to'>> & {
    readonly opset?: string
    readonly license?: string
    readonly json?: boolean
  }

/** Adds `export`. */
export function addExportCommand(program: Command, run: (options: WithoutColor<ExportOptions>) => Promise<void>): void {
  const command = program
    .command('export')
    .description('write a network as ONNX (compared with arcc), for arcface_torch, or as a folder for Hugging Face')
    .argument('<path>', networkArgument)
    .argument('<out>', 'an .onnx or .pt file, or a folder')
    .addOption(new Option('--to <form>', 'the form (default: by the ending of the name)').choices(exportForms))
  addSourceOptions(command)
    .option('--force', 'replace an existing file')
    .option('--f16', 'ONNX: weights and convolutions in half precision')
    .option('--fold', 'ONNX: make running statistics a part of the layer before, where that is exact (default)')
    .option('--no-fold', 'ONNX: keep each normalization as an operator of its own')
    .addOption(
      new Option('--preprocess <where>', 'ONNX: where bytes become numbers in [-1, 1]: outside of the model, or inside')
        .choices(['outside', 'inside'])
        .default('outside'),
    )
    .addOption(
      new Option('--opset <version>', 'ONNX: version of the operator set')
        .choices(opsets.map(String))
        .default(String(opsets[0])),
    )
    .option('--external', 'ONNX: put the weights into a file beside the model (default: only beyond 2 GB)')
    .option('--no-external', 'ONNX: keep the weights in the model')
    .option('--check', 'ONNX: fail unless ONNX Runtime is there to compare (default: compare if it is there)')
    .option('--no-check', 'ONNX: do not compare')
    .addOption(
      new Option(
        '--tolerance <share>',
        'ONNX: how far embeddings may be apart, relative to their norm (default: 1e-4, with --f16 2e-2)',
      ).argParser(tolerance),
    )
    .option('--pictures <folder>', 'ONNX: pictures for the comparison (default: drawn faces)')
    .option('--python <program>', 'ONNX: a Python that has onnxruntime (default: the npm package, or python3)')
    .addOption(
      new Option('--engine <engine>', "ONNX: arcc's engine for the comparison").choices(engineNames).default('xla'),
    )
    .addOption(
      new Option('--license <name>', 'Hugging Face: the license of the network and its data, as in "mit"').argParser(
        license,
      ),
    )
    .option('--json', 'print the result as JSON')
    .action(async (path: string, out: string, raw: Raw) => {
      const to = raw.to ?? endings[extname(out).toLowerCase()]
      if (to === undefined)
        return command.error(`error: the ending of ${out} names no form; use .onnx, .pt, a folder, or --to`)
      const other = otherOption(command, to)
      if (other !== undefined) return command.error(`error: option '--${other}' does not apply to ${to}`)
      const { backbone, experiment, force = false, json } = raw
      const common = { path, backbone, experiment, out, force, format: json ? 'json' : 'text' } as const
      if (to === 'torch') return run({ ...common, to })
      if (to === 'hugging-face') return run({ ...common, to, license: raw.license })
      const { f16 = false, fold = true, preprocess = 'outside', external, check, tolerance, pictures, python } = raw
      const opset = opsets.find((known) => String(known) === raw.opset) ?? opsets[0]
      const model = { f16, fold, preprocess, opset, external }
      return run({ ...common, to, ...model, check, tolerance, pictures, python, engine: raw.engine ?? 'xla' })
    })
}

/** An option on the command line that belongs to another form. */
function otherOption(command: Command, to: Form): string | undefined {
  const others = exportForms.flatMap((form) => (form === to ? [] : ownOptions[form]))
  return others.find((name) => command.getOptionValueSource(name) === 'cli')
}
