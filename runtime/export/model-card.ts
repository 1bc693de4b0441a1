/**
 * The model card of a folder for Hugging Face: `README.md` with the metadata that the Hub reads
 * (https://huggingface.co/docs/hub/model-cards).
 */
import { stringify } from 'yaml'
import type { EvaluationFile } from '../evaluate/report/evaluation-file.ts'

/** A verification, by `arcc eval` or in training. */
export interface Score {
  readonly set: string
  readonly accuracy: number
  readonly deviation: number
  /** Set for an evaluation by `arcc eval`. */
  readonly evaluation?: EvaluationFile | undefined
}

export interface CardFacts {
  /** The name of the folder. */
  readonly title: string
  readonly backbone: string
  readonly image: readonly [height: number, width: number, channels: number]
  readonly embedding: number
  readonly parameters: number
  /** The version of arcc. */
  readonly arcc: string
  /** As declared; `undefined` if nothing was declared. */
  readonly license: string | undefined
  /** The options with which arcc finds the backbone of the weights, as in a shell; empty if the weights tell. */
  readonly opening: string
  /** Names of the files of the run in the folder. */
  readonly experiment: string | undefined
  readonly resolved: string | undefined
  readonly plan: string | undefined
  readonly step: number | undefined
  readonly scores: readonly Score[]
}

/** Identifiers of licenses on the Hub are short; other texts are its `license_name`. */
const isIdentifier = (license: string) => /^[a-z0-9][a-z0-9.+-]*$/.test(license)

function licenseFields(license: string | undefined) {
  if (license === undefined) return { license: 'unknown' }
  return isIdentifier(license) ? { license } : { license: 'other', license_name: license }
}

const percent = (share: number, digits = 2) => `${(100 * share).toFixed(digits)} %`
const rounded = (value: number, digits = 4) => Number(value.toFixed(digits))

function frontMatter({ license, title, scores }: CardFacts): string {
  const results = scores.map(({ set, accuracy, evaluation }) => ({
    task: { type: 'face-verification', name: 'Face verification' },
    dataset: { type: set, name: set },
    metrics: [
      { type: 'accuracy', name: 'Ten-fold accuracy', value: rounded(accuracy) },
      ...(evaluation?.tarAtFar ?? []).map(({ far, tar }) => ({
        type: 'tar',
        name: `TAR at FAR ${far.toExponential(0)}`,
        value: rounded(tar),
      })),
    ],
  }))
  const fields = {
    ...licenseFields(license),
    library_name: 'arcc',
    pipeline_tag: 'image-feature-extraction',
    tags: ['arcc', 'arcface', 'face-recognition', 'face-verification'],
    ...(results.length === 0 ? {} : { 'model-index': [{ name: title, results }] }),
  }
  return `---\n${stringify(fields, { lineWidth: 0 })}---`
}

/** A cell of a table, on one line. */
const cell = (text: string) => text.replaceAll('|', '\\|').replace(/[\r\n]+/g, ' ')

function scoreSection({ scores }: CardFacts): string[] {
  if (scores.length === 0) return ['## Scores', '', 'This network was not evaluated.', '']
  const rows = scores.map(({ set, accuracy, deviation, evaluation }) => {
    const own = evaluation === undefined ? '' : evaluation.recommended.threshold.toFixed(4)
    const best = evaluation?.tarAtFar.at(-1)
    const tar = best === undefined ? '' : `${percent(best.tar)} at ${best.far.toExponential(0)}`
    return `| ${cell(set)} | ${percent(accuracy)} ± ${percent(deviation)} | ${tar} | ${own} |`
  })
  return [
    '## Scores',
    '',
    '| Set | Accuracy in ten folds | TAR at the lowest FAR | Threshold |',
    '|---|---|---|---|',
    ...rows,
    '',
    'The score of a pair is the cosine of the sums of the embeddings of each picture and of its mirror image. A pair at or above the',
    'threshold counts as one person. What has no threshold was verified in training; `arcc eval` finds one.',
    '',
  ]
}

function filesSection({ experiment, resolved, plan, scores }: CardFacts): string[] {
  const files: readonly (readonly [string | undefined, string])[] = [
    ['model.safetensors', "the weights, with the names of arcface_torch's modules"],
    ['config.json', 'what the network is, and how pictures are prepared'],
    [experiment, 'the experiment that trained it'],
    [resolved, 'every field of the experiment, defaults included'],
    [plan, 'the plan of the training: shapes, memory, time'],
    [scores.some(({ evaluation }) => evaluation !== undefined) ? 'evaluations/' : undefined, 'the evaluations in full'],
  ]
  return [
    '## Files',
    '',
    ...files.flatMap(([name, text]) => (name === undefined ? [] : [`- \`${name}\`: ${text}`])),
    '',
  ]
}

/** The text of `README.md`. */
export function modelCard(facts: CardFacts): string {
  const { title, backbone, image, embedding, parameters, arcc, license, opening, step, experiment } = facts
  const [height, width, channels] = image
  const steps = step === undefined ? '' : ` in ${step} steps`
  const origin = experiment === undefined ? `exported by arcc ${arcc}` : `trained by arcc ${arcc}${steps}`
  return [
    frontMatter(facts),
    '',
    `# ${title}`,
    '',
    `A network for face recognition: \`${backbone}\`, ${parameters} parameters, ${origin}.`,
    '',
    `- Input: ${channels === 1 ? 'gray' : 'RGB'} pictures of aligned faces, ${height} × ${width} pixels, each value x as x / 127.5 − 1.`,
    `- Output: an embedding of ${embedding} numbers. Compare embeddings by their cosine.`,
    license === undefined
      ? '- License: unknown. Nothing was declared; ask whoever trained it, and mind the license of the training data.'
      : `- License, as declared at the export: ${license}.`,
    '',
    ...scoreSection(facts),
    '## Use',
    '',
    '```sh',
    `arcc embed model.safetensors FACES --out faces.npy ${opening}`.trimEnd(),
    '```',
    '',
    "For PyTorch, `model.safetensors` is a state dict, which a network of arcface_torch loads if the backbone is one of arcface_torch's:",
    "`backbone.load_state_dict(safetensors.torch.load_file('model.safetensors'))`.",
    '',
    ...filesSection(facts),
  ].join('\n')
}
