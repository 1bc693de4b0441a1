/** The command line of `arcc data`. */
import { type Command, Option } from 'commander'
import { recordLayouts } from '../runtime/data/pack/record-layout.ts'
import type { DataOptions, DataSourceOptions, WithoutColor } from './commands/options.ts'
import { whole } from './whole-number.ts'

const sourceArgument = 'a folder or file of pictures, an .arc file, or a data set such as "ms1mv3"'

/** What commander collects; each command has some of it. */
interface Raw {
  readonly experiment?: string
  readonly set?: readonly string[]
  readonly json?: boolean
  readonly force?: boolean
  readonly resize?: number
  readonly quality?: number
}

const sourceOptions = (source: string, { experiment, set = [], json }: Raw): Omit<DataSourceOptions, 'color'> => ({
  source,
  experiment,
  set,
  format: json ? 'json' : 'text',
})

const outputOptions = (source: string, out: string, raw: Raw) => ({
  ...sourceOptions(source, raw),
  out,
  force: raw.force ?? false,
})

const resizeOption = () =>
  new Option('--resize <pixels>', 're-encode as JPEG of this height and width').argParser(whole(1, 4096))
const qualityOption = () =>
  new Option(
    '--quality <quality>',
    'quality of re-encoded pictures; JPEG of the right size is re-encoded, too',
  ).argParser(whole(1, 100))
const seedOption = () => new Option('--seed <seed>', 'seed of the random order').argParser(whole(0)).default(1)

/** Adds `data` and its subcommands. */
export function addDataCommands(
  program: Command,
  setOption: () => Option,
  run: (options: WithoutColor<DataOptions>) => Promise<void>,
): void {
  const data = program.command('data').description('inspect, check, pack and draw data sets')
  const command = (name: string, description: string) =>
    data.command(name).description(description).argument('<source>', sourceArgument)
  const common = (own: Command) =>
    own
      .option('--experiment <name>', 'the experiment, if the .arc file contains several')
      .addOption(setOption())
      .option('--json', 'print the result as JSON')
  const output = (own: Command) => common(own.option('--force', 'replace existing files'))

  common(
    command('inspect', 'show counts, classes, sizes, and what a sample of the pictures tells').addOption(
      new Option('--sample <pictures>', 'number of pictures to decode').argParser(whole(0)).default(500),
    ),
  ).action(async (source: string, raw: Raw & { readonly sample: number }) => {
    await run({ what: 'inspect', ...sourceOptions(source, raw), sample: raw.sample })
  })

  common(
    command('check', 'read and decode every picture, and report all that is wrong')
      .option('-o, --output <file>', 'the report', 'arcc-check.json')
      .option('--resume', 'continue an interrupted check')
      .option('--strict', 'fail on duplicates, tiny, huge and blank pictures and empty classes, too'),
  ).action(async (source: string, raw: Raw & { output: string; resume?: boolean; strict?: boolean }) => {
    const { output, resume = false, strict = false } = raw
    await run({ what: 'check', ...sourceOptions(source, raw), output, resume, strict })
  })

  output(
    command('pack', "write the pictures as MXNet's RecordIO")
      .argument('<out>', 'a folder, which gets train.rec, or a .rec file')
      .addOption(
        new Option('--layout <layout>', 'insightface: with record 0 and identities; im2rec: pictures only')
          .choices(recordLayouts)
          .default('insightface'),
      )
      .addOption(resizeOption())
      .addOption(qualityOption())
      .option('--skip-damaged', 'leave out pictures that cannot be read'),
  ).action(
    async (
      source: string,
      out: string,
      raw: Raw & { layout: (typeof recordLayouts)[number]; skipDamaged?: boolean },
    ) => {
      const { layout, resize, quality, skipDamaged = false } = raw
      await run({ what: 'pack', ...outputOptions(source, out, raw), layout, resize, quality, skipDamaged })
    },
  )

  output(
    command('shuffle', 'write the pictures as RecordIO in a random order')
      .argument('<out>', 'a folder, which gets train.rec, or a .rec file')
      .addOption(seedOption()),
  ).action(async (source: string, out: string, raw: Raw & { readonly seed: number }) => {
    await run({ what: 'shuffle', ...outputOptions(source, out, raw), seed: raw.seed })
  })

  output(
    command('pairs', 'draw verification pairs, half of one person each')
      .argument('<out>', 'a .bin file as InsightFace reads it, or a .csv list of files')
      .addOption(
        new Option('--pairs <pairs>', 'pairs of both kinds, a multiple of 20').argParser(whole(20)).default(6000),
      )
      .addOption(seedOption())
      .addOption(resizeOption().default(112))
      .addOption(qualityOption()),
  ).action(
    async (
      source: string,
      out: string,
      raw: Raw & { pairs: number; seed: number; resize: number; quality?: number },
    ) => {
      const { pairs, seed, resize, quality } = raw
      await run({ what: 'pairs', ...outputOptions(source, out, raw), pairs, seed, resize, quality })
    },
  )

  output(
    command('sheet', 'draw pictures of several classes in one image')
      .argument('<out>', 'a .png file')
      .addOption(new Option('--rows <rows>', 'number of rows').argParser(whole(1, 200)).default(8))
      .addOption(new Option('--columns <columns>', 'number of columns').argParser(whole(1, 100)).default(10))
      .addOption(new Option('--class <number>', 'show this class only').argParser(whole(0)))
      .option('--augmented <file>', 'show versions of each picture as the experiment in this .arc file augments it'),
  ).action(
    async (
      source: string,
      out: string,
      raw: Raw & { rows: number; columns: number; class?: number; augmented?: string },
    ) => {
      const { rows, columns, class: only, augmented } = raw
      await run({ what: 'sheet', ...outputOptions(source, out, raw), rows, columns, class: only, augmented })
    },
  )
}
