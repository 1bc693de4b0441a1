/**
 * `evaluation.json`: what `arcc eval` found out about a network on a set of pairs. The schema is published in docs/evaluation.md.
 *
 * The score of a pair is the cosine of its two embeddings; a pair at or above a threshold counts as the same person.
 */
import { readFile } from 'node:fs/promises'
import type { FromSchema } from 'json-schema-to-ts'
import { object } from '../../../compiler/json/object-schema.ts'
import { bug } from '../../../grammar/diagnostic.ts'
import { reasonOf } from '../../system-errors.ts'
import { validatorOf } from '../../validator.ts'
import { reportErrors } from './messages.ts'
import { count, networkSchema, number, sha256, share, text } from './network-facts.ts'

const formatVersion = 1

/** Null where the pairs of a kind are missing. */
const shareOrNone = { type: ['number', 'null'], minimum: 0, maximum: 1 } as const
/** A cosine; null if no threshold reaches the rate: pairs with the highest score are too often of different people. */
const threshold = { type: ['number', 'null'] } as const

const tenFold = { accuracy: share, deviation: number }
const operatingPoint = object({ far: share, tar: share, threshold })
const hardPair = object({
  /** From 0, in the order of the set. */
  pair: count,
  same: { type: 'boolean' },
  score: number,
  /** The names of the pictures, or their numbers in the set. */
  a: text,
  b: text,
})

const evaluationSchema = {
  $id: `arcc-evaluation-${formatVersion}`,
  ...object({
    version: { const: formatVersion },
    /** The version of arcc. */
    arcc: text,
    set: object(
      {
        name: text,
        path: text,
        /** The absolute folder from which the names of pictures start; missing if they are no paths. */
        root: text,
        sha256,
        images: count,
        pairs: count,
        same: count,
      },
      ['root'],
    ),
    network: networkSchema,
    /** Mean over ten folds, and population standard deviation. */
    ...tenFold,
    /** 95 %, of the accuracy. */
    interval: { type: 'array', items: [share, share], minItems: 2, maxItems: 2, additionalItems: false },
    /** Each with the threshold that is best on the other nine. */
    folds: { type: 'array', items: object({ accuracy: share, threshold: number }) },
    /** Mean norm of the embeddings before normalization. */
    xnorm: number,
    auc: share,
    /** Equal error rate, and the threshold that has it. */
    eer: object({ rate: share, threshold: number }),
    /** At the false accept rates 1e-1 … 1e-6 that the number of pairs can determine. */
    tarAtFar: { type: 'array', items: operatingPoint },
    /** The false accept rates that it cannot. */
    undetermined: { type: 'array', items: share },
    recommended: object({ threshold: number, far: share, tar: share, why: text }),
    groups: {
      type: 'array',
      items: object({
        column: text,
        value: text,
        pairs: count,
        same: count,
        /** At the recommended threshold, with the deviation over ten folds of the group's pairs; null below ten pairs. */
        accuracy: share,
        deviation: { type: ['number', 'null'] },
        /** At the recommended threshold. */
        falseAcceptRate: shareOrNone,
        trueAcceptRate: shareOrNone,
        /** As of a set of these pairs alone; null below ten pairs, or without both kinds. */
        tenFold: { anyOf: [object(tenFold), { type: 'null' }] },
        /** At the thresholds of all pairs; `far` is the rate of all pairs, `falseAcceptRate` that of the group. */
        tarAtFar: {
          type: 'array',
          items: object({ far: share, tar: shareOrNone, threshold, falseAcceptRate: shareOrNone }),
        },
      }),
    },
    /** At most 500 points, in the order of falling thresholds. */
    roc: { type: 'array', items: object({ far: share, tar: share, threshold: number }) },
    /** Numbers of pairs by their score; one limit more than there are bins. */
    histogram: object({
      edges: { type: 'array', items: number },
      same: { type: 'array', items: count },
      different: { type: 'array', items: count },
    }),
    /** The pairs of one person with the lowest scores and those of two with the highest, at most 20 of each, the hardest first. */
    hardest: { type: 'array', items: hardPair },
    seconds: number,
  }),
} as const

export type EvaluationFile = FromSchema<typeof evaluationSchema>

export const evaluationName = 'evaluation.json'

const evaluationValidator = validatorOf<EvaluationFile>(evaluationSchema, {
  allErrors: true,
  strictTuples: true,
  allowUnionTypes: true,
})

/** The first thing that is wrong with a value that was checked. */
function fault(): string {
  const [first] = evaluationValidator.errors
  return `${first?.instancePath || 'it'} ${first?.message}`
}

/** The file's text. */
export function encodeEvaluation(value: EvaluationFile): string {
  // Infinity and NaN would become null.
  const source = JSON.stringify(value, undefined, 2)
  if (!evaluationValidator.accepts(JSON.parse(source))) bug(`an evaluation is invalid: ${fault()}`)
  return `${source}\n`
}

/** The evaluation in a file. Throws ARC6320 if there is none, or no valid one. */
export async function readEvaluation(path: string): Promise<EvaluationFile> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'it is not JSON' : reasonOf(error)
    throw reportErrors('ARC6320', { path, reason }, error)
  }
  if (!evaluationValidator.accepts(value)) throw reportErrors('ARC6320', { path, reason: fault() })
  return value
}
