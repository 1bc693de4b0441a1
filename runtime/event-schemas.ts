/**
 * The events of a run as JSON schemas, one per type: the TypeScript types (`events.ts`), the published schema of `log.ndjson`
 * (`docs/events.schema.json`, by `npm run events`) and its tests are derived from this table.
 */
import { object } from '../compiler/json/object-schema.ts'

const text = { type: 'string' } as const
const number = { type: 'number' } as const
const count = { type: 'integer', minimum: 0 } as const
const bytes = { type: 'integer', minimum: 0, description: 'bytes' } as const
/** JSON has no infinity and no NaN. */
export const figure = { type: ['number', 'null'] } as const

/** A property with a sentence on its meaning. */
function about<const S extends object>(schema: S, description: string) {
  return { ...schema, description } as const
}

const steps = about(count, 'completed steps')

const failureFacts = {
  code: about(text, "the code of arcc's error, `ARC6504`; that of the system, `ENOSPC`; or `bug`"),
  reason: text,
  hint: about(text, 'the remedy, if known'),
} as const

export const failureSchema = object(failureFacts, ['hint'])

const keptSchema = object({ step: steps, path: text })

export const eventSchemas = {
  start: object(
    {
      type: { const: 'start' },
      experiment: text,
      folder: about(text, 'the run folder'),
      engine: about(text, '`XLA CPU (PJRT 0.115), 2 devices`'),
      devices: count,
      emulates: about(text, 'the machine that the run emulates, to which its figures do not refer'),
      note: about(text, 'how the devices differ from those that the experiment declares'),
      classes: count,
      images: count,
      leftOut: about(text, 'what the data set has besides its images, for people'),
      batch: about(count, 'images of a step on all devices'),
      steps: count,
      stepsPerEpoch: count,
      plannedBytes: about(
        bytes,
        'planned memory of a device, without what driver and libraries take; older logs lack it',
      ),
    },
    ['emulates', 'note', 'leftOut', 'plannedBytes'],
  ),
  resumed: object(
    {
      type: { const: 'resumed' },
      step: steps,
      checkpoint: about(text, 'missing if the run had not reached its first checkpoint and starts from the beginning'),
      changes: about(
        {
          type: 'array',
          items: object({ path: text, before: text, now: text }, ['before', 'now']),
        },
        'the fields of the experiment that differ from those that the run had before, as .arc text',
      ),
    },
    ['checkpoint'],
  ),
  phase: object(
    {
      type: { const: 'phase' },
      name: { enum: ['load data', 'compile', 'initialize', 'load weights', 'evaluate', 'save'] },
      seconds: about(number, 'set at the end of the phase'),
    },
    ['seconds'],
  ),
  fetch: object(
    {
      type: { const: 'fetch' },
      what: about(text, 'for people'),
      phase: { enum: ['download', 'verify', 'unpack', 'ready'] },
      bytes: about(bytes, 'downloaded bytes'),
      total: bytes,
    },
    ['bytes', 'total'],
  ),
  progress: object(
    {
      type: { const: 'progress' },
      step: steps,
      steps: count,
      epoch: about(number, 'completed epochs, as a fraction: 2.5 is in the middle of the third'),
      epochs: number,
      loss: about(figure, 'of this step; null if it is not finite'),
      smoothedLoss: about(number, 'over about the last fifty steps'),
      rate: about(number, 'learning rate'),
      gradientNorm: about(figure, "norm of the backbone's gradient before clipping; null if it is not finite"),
      lossScale: object({
        factor: about(number, 'factor of the gradients, with f16'),
        skipped: about(count, 'steps so far that left the weights unchanged'),
      }),
      imagesPerSecond: about(number, 'over the steps since the last progress event, without evaluation'),
      secondsPerStep: number,
      dataSeconds: about(number, 'the part of secondsPerStep in which no step ran because its data was not ready'),
      elapsedSeconds: about(number, 'since the first step of this process'),
      etaSeconds: number,
    },
    ['lossScale'],
  ),
  telemetry: object(
    {
      type: { const: 'telemetry' },
      step: steps,
      flopUtilization: about(
        number,
        'floating-point operations of the model per second (without recomputation), as a fraction of the declared peak of all devices, over the run so far; missing if the peak is unknown',
      ),
      hostBytes: about(bytes, 'memory of this process'),
      hostPeakBytes: about(bytes, 'the most memory that this process has had so far; older logs lack it'),
      stepBytes: about(
        bytes,
        'memory of the compiled step on one device by the figures of the engine; missing if it has none',
      ),
      deviceBytes: about(
        bytes,
        'the maximum number of bytes in use so far on the device with most; missing if the engine does not count',
      ),
      gpus: about(
        {
          type: 'array',
          items: object(
            {
              name: text,
              busId: about(text, 'PCI address'),
              utilization: about(number, 'fraction of the last second in which a kernel ran'),
              usedBytes: about(bytes, 'used memory of the card, by all processes'),
              temperature: about(number, '°C'),
              watts: number,
              clock: about(number, 'clock of the multiprocessors, Hz'),
            },
            ['utilization', 'usedBytes', 'temperature', 'watts', 'clock'],
          ),
        },
        'what the driver reports; a figure that it does not report is missing',
      ),
    },
    ['flopUtilization', 'hostPeakBytes', 'stepBytes', 'deviceBytes', 'gpus'],
  ),
  evaluation: object(
    {
      type: { const: 'evaluation' },
      step: about(count, 'completed steps: 0 is the untrained network, or the one as it was loaded'),
      loaded: about({ type: 'boolean' }, 'set if the network of step 0 has the weights of `train.start`'),
      set: text,
      pairs: count,
      measure: about(
        { const: 'tar@1e-4' },
        'set for IJB-B and IJB-C: accuracy is the true accept rate at a false accept rate of 1e-4, and deviation is 0',
      ),
      accuracy: about(number, 'mean over ten folds, in [0, 1]'),
      deviation: about(number, 'population standard deviation over ten folds'),
      xnorm: about(number, 'mean norm of the embeddings before normalization'),
      auc: number,
      tarAtFar: about(
        {
          type: 'array',
          items: object(
            {
              far: number,
              tar: number,
              threshold: about(figure, 'a pair whose cosine is at least this is accepted; null if none is'),
            },
            ['threshold'],
          ),
        },
        'true accept rates at false accept rates, and the thresholds that have them',
      ),
      seconds: number,
    },
    ['loaded', 'measure'],
  ),
  loaded: object({
    type: { const: 'loaded' },
    path: about(text, 'as declared'),
    files: { type: 'array', items: object({ path: text, sha256: text }) },
    tensors: about(count, 'tensors of the network that were loaded'),
    ignored: about(count, 'counters of the file that arcc has no use for (`num_batches_tracked`)'),
    leftOut: about(count, 'tensors of the file that were left out (`except`)'),
    classes: object(
      {
        from: about(text, 'where the old centers come from'),
        kept: about(count, 'classes with an old center'),
        new: about(count, 'classes with a new center'),
        dropped: about(count, 'old classes without a class'),
      },
      ['from'],
    ),
    pictures: about(count, 'pictures whose embeddings became new centers'),
    random: about(count, 'new centers that are random'),
    optimizer: about({ type: 'boolean' }, "whether the optimizer's state was kept"),
  }),
  warning: object({ type: { const: 'warning' }, message: text }),
  skipped: object({
    type: { const: 'skipped' },
    file: about(text, 'a damaged training picture that is replaced by the next one'),
    reason: text,
    count: about(count, 'damaged pictures so far, with this one'),
  }),
  saved: object({
    type: { const: 'saved' },
    what: about({ enum: ['checkpoint', 'weights'] }, '`checkpoint`: all of the state; `weights`: the network alone'),
    path: text,
    bytes,
    step: steps,
  }),
  'left-out': object({
    type: { const: 'left-out' },
    step: about(count, 'the step, from 1'),
    reason: text,
    back: about(count, 'the steps in the state that the run went back to: those up to `step` are repeated'),
    count: about(count, 'steps left out so far, with this one'),
    most: about(count, 'how many may be left out'),
  }),
  dumped: object({
    type: { const: 'dumped' },
    step: about(count, 'the step, from 1'),
    path: about(text, 'the folder'),
  }),
  failed: object(
    {
      type: { const: 'failed' },
      ...failureFacts,
      step: steps,
      seconds: number,
      kept: about(
        keptSchema,
        'the newest state in the run folder, from which the run can go on; missing if there is none',
      ),
      saving: about(failureSchema, 'why the state at the time of the error could not be saved'),
    },
    ['hint', 'kept', 'saving'],
  ),
  end: object(
    {
      type: { const: 'end' },
      status: { enum: ['done', 'interrupted'] },
      steps,
      seconds: number,
      imagesPerSecond: number,
      skippedPictures: about(count, 'damaged pictures that were replaced; missing if there were none'),
      leftOutSteps: about(count, 'steps that were left out because they were not finite; missing if there were none'),
      requirements: about(
        {
          type: 'array',
          items: object(
            {
              text: about(text, '`verification.lfw.accuracy > 0.99`'),
              found: about(number, 'the figure of the run; missing if it was not measured'),
              met: { type: 'boolean' },
            },
            ['found'],
          ),
        },
        'what the experiment requires of the run, when it is done; missing if that is nothing',
      ),
      planned: object({ secondsPerStep: number, memoryBytes: bytes }),
      measured: object(
        {
          secondsPerStep: number,
          memoryBytes: about(bytes, 'of a device, as the engine counts it; missing if it does not count'),
          processBytes: about(bytes, 'the most memory that this process has had; older logs lack it'),
        },
        ['memoryBytes', 'processBytes'],
      ),
    },
    ['skippedPictures', 'leftOutSteps', 'requirements'],
  ),
} as const
