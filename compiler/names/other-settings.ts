/**
 * Settings of other trainers that are said differently here: with another value, as an argument, or not in the experiment. Settings
 * that only have another name are in other-words.ts. The keys are those of arcface_torch, PyTorch, Lightning, Hugging Face and TensorFlow.
 */
import { own } from '../types/own.ts'
import { otherWord } from './other-words.ts'

/** The value of a setting here, for one that was written; `undefined` if that cannot be carried over. */
type Carry = (written: string) => string | undefined

export type OtherSetting =
  /** Another field, with another value; `usual` stands for one that cannot be carried over. */
  | { readonly kind: 'field'; readonly path: string; readonly usual: string; readonly carry: Carry }
  /** An argument of the object in a field; `maker` makes one where the field is not set. */
  | {
      readonly kind: 'argument'
      readonly owner: string
      readonly name: string
      readonly carry: Carry
      readonly maker?: string
    }
  /** Nothing that an experiment sets. */
  | { readonly kind: 'note'; readonly note: string }

const same: Carry = (written) => written

const isOn = (written: string) => /^(?:true|1)$/i.test(written)
const isOff = (written: string) => /^(?:false|0)$/i.test(written)

/** A switch that is on or off. */
function flag(on: string, off?: string): Carry {
  return (written) => (isOn(written) ? on : isOff(written) ? off : undefined)
}

/** A number without its unit. */
function counted(unit: string): Carry {
  return (written) => (/^\d[\d_]*$/.test(written) ? `${written} ${unit}` : undefined)
}

/** A number or a text as the argument of a call. */
function within(call: string, form: RegExp): Carry {
  return (written) => (form.test(written) ? `${call}${written})` : undefined)
}

const field = (path: string, usual: string, carry: Carry): OtherSetting => ({ kind: 'field', path, usual, carry })
const argument = (owner: string, name: string, carry: Carry = same): OtherSetting => ({
  kind: 'argument',
  owner,
  name,
  carry,
})
const ofSchedule = (name: string, maker: string, carry: Carry): OtherSetting => ({
  kind: 'argument',
  owner: 'train.schedule',
  name,
  carry,
  maker,
})
const note = (text: string): OtherSetting => ({ kind: 'note', note: text })

const number = /^\d[\d_.]*(?:e-?\d+)?$/
const text = /^".*"$/

const halfPrecision = field('train.precision', 'f16', flag('f16', 'f32'))
const bfloatPrecision = field('train.precision', 'bf16', flag('bf16', 'f32'))
const warmupEpochs = ofSchedule('warmup', 'polynomial', counted('epochs'))
const warmupSteps = ofSchedule('warmup', 'polynomial', counted('steps'))
const perDevice = field('train.batch', '128 per device', counted('per device'))
const overAll = field('train.batch', '1024 global', counted('global'))
const verifyEverySteps = field('evaluate.every', '2000 steps', counted('steps'))
const verifyEveryEpochs = field('evaluate.every', '1 epochs', counted('epochs'))
const saveEverySteps = field('checkpoint.every', '2000 steps', counted('steps'))
const saveEveryEpochs = field('checkpoint.every', '1 epochs', counted('epochs'))
const recomputed = field('train.recompute', 'blocks', flag('blocks', 'none'))
const started = field('train.start', 'weights("backbone.pt")', within('weights(', text))
const averaged = field('train.average', 'ema(decay: 0.9999)', within('ema(decay: ', number))

const goesOn = note('a run is no field: `arcc run --resume RUN` goes on with the run in a folder')
const runFolder = note('the run folder is an option: `arcc run FILE --folder FOLDER`')
const parallel = note('batches and class centers are always divided over all devices; the field `machine` says which')
const spread = note('computers of a run are options of `arcc run`: `--nodes`, `--node-rank` and `--rendezvous`')
const loading = note('arcc reads, shuffles and prefetches data itself; `train.workers` is the number of threads')
const compiled = note('arcc compiles every step, and equal runs give equal weights')
const printed = note('every step is in `log.ndjson` in the run folder')
const stopping = note('a run does not stop early; `checkpoint.best = holdout` keeps the best state beside the last one')
const noTracker = note('`log.tensorboard`, `log.mlflow` and `log.prometheus` are what arcc logs to')

/** Keys are in lower case, without `_`. */
const otherSettings: Readonly<Record<string, OtherSetting>> = {
  // precision and memory
  fp16: halfPrecision,
  usefp16: halfPrecision,
  amp: halfPrecision,
  useamp: halfPrecision,
  half: halfPrecision,
  mixedprecision: halfPrecision,
  bf16: bfloatPrecision,
  usebf16: bfloatPrecision,
  bfloat16: bfloatPrecision,
  gradientcheckpointing: recomputed,
  activationcheckpointing: recomputed,
  syncbatchnorm: field('train.batch_norm', 'synced', flag('synced', 'local')),
  syncbn: field('train.batch_norm', 'synced', flag('synced', 'local')),
  // length and size
  warmupepoch: warmupEpochs,
  warmupepochs: warmupEpochs,
  lrwarmupepochs: warmupEpochs,
  numwarmupepochs: warmupEpochs,
  warmupsteps: warmupSteps,
  warmupiters: warmupSteps,
  warmupiterations: warmupSteps,
  numwarmupsteps: warmupSteps,
  warmupratio: ofSchedule('warmup', 'polynomial', () => undefined),
  warmupfraction: ofSchedule('warmup', 'polynomial', () => undefined),
  perdevicetrainbatchsize: perDevice,
  perdevicebatchsize: perDevice,
  batchsizeperdevice: perDevice,
  batchsizepergpu: perDevice,
  samplespergpu: perDevice,
  globalbatchsize: overAll,
  totalbatchsize: overAll,
  stepsperepoch: note(
    'an epoch is one pass over the data; a run of fixed length has `train.steps` instead of `train.epochs`',
  ),
  // schedules and optimizers
  stepsize: ofSchedule('every', 'step_decay', counted('epochs')),
  lrstepsize: ofSchedule('every', 'step_decay', counted('epochs')),
  gamma: ofSchedule('gamma', 'step_decay', same),
  lrgamma: ofSchedule('gamma', 'step_decay', same),
  etamin: note('`cosine(least: …)` is the least factor of the learning rate, so it is the least rate divided by `lr`'),
  minlr: note('`cosine(least: …)` is the least factor of the learning rate, so it is the least rate divided by `lr`'),
  tmax: note('`cosine()` ends with the run: it needs no length'),
  lrsteps: ofSchedule('milestones', 'multistep', () => undefined),
  decayepochs: ofSchedule('milestones', 'multistep', () => undefined),
  betas: note('an optimizer has `beta1` and `beta2`, as in `adamw(lr: …, beta1: 0.9, beta2: 0.999)`'),
  adambeta1: argument('train.optimizer', 'beta1'),
  adambeta2: argument('train.optimizer', 'beta2'),
  adamepsilon: argument('train.optimizer', 'epsilon'),
  amsgrad: note(
    'the optimizers of the standard library do not have it; `optimizer … extends adamw` declares another one',
  ),
  dampening: note(
    'the optimizers of the standard library do not have it; `optimizer … extends sgd` declares another one',
  ),
  useema: averaged,
  emadecay: averaged,
  modelema: averaged,
  // margins and centers
  marginlist: note(
    "the margin is `combined(m1: …, m2: … rad, m3: …)` of `std.margins`; arcface_torch's (1, 0.5, 0) is `arcface(m: 0.5 rad)`, its (1, 0, 0.4) `cosface(m: 0.4)`",
  ),
  interclassfilteringthreshold: note(
    'it is a margin around another: `margin = cosface(m: 0.4) |> interclass_filter(threshold: 0.4)`',
  ),
  interclassfilter: note(
    'it is a margin around another: `margin = cosface(m: 0.4) |> interclass_filter(threshold: 0.4)`',
  ),
  embeddingsize: argument('backbone', 'embedding'),
  embeddingdim: argument('backbone', 'embedding'),
  // data
  rec: argument('dataset', 'root'),
  datadir: argument('dataset', 'root'),
  dataroot: argument('dataset', 'root'),
  trainpath: argument('dataset', 'root'),
  dali: field('train.augment', 'dali()', flag('dali()')),
  daliaug: field('train.augment', 'dali()', flag('dali()')),
  validationsplit: note('`holdout` of the data set is the number of people that are kept for verification'),
  inputsize: note('the size is that of the backbone: `on Image(112, 112, 3)`'),
  inputshape: note('the size is that of the backbone: `on Image(112, 112, 3)`'),
  imagesize: note('the size is that of the backbone: `on Image(112, 112, 3)`'),
  imgsize: note('the size is that of the backbone: `on Image(112, 112, 3)`'),
  shuffle: loading,
  droplast: loading,
  pinmemory: loading,
  prefetchfactor: loading,
  persistentworkers: loading,
  dataloader: loading,
  // verification and checkpoints
  verbose: verifyEverySteps,
  evalsteps: verifyEverySteps,
  evalinterval: verifyEverySteps,
  valinterval: verifyEverySteps,
  valcheckinterval: verifyEverySteps,
  checkvaleverynepoch: verifyEveryEpochs,
  evalepochs: verifyEveryEpochs,
  savesteps: saveEverySteps,
  saveinterval: saveEverySteps,
  savefreq: saveEverySteps,
  everyntrainsteps: saveEverySteps,
  saveepochs: saveEveryEpochs,
  everynepochs: saveEveryEpochs,
  savetotallimit: field('checkpoint.keep', '3', same),
  savetopk: field('checkpoint.keep', '3', same),
  maxtokeep: field('checkpoint.keep', '3', same),
  loadbestmodelatend: field('checkpoint.best', 'holdout', () => undefined),
  metricforbestmodel: field('checkpoint.best', 'holdout', () => undefined),
  savebest: field('checkpoint.best', 'holdout', () => undefined),
  saveallstates: note('a checkpoint always has all states of training'),
  earlystopping: stopping,
  patience: stopping,
  // the run
  pretrained: started,
  pretrain: started,
  initfrom: started,
  resume: goesOn,
  resumefrom: goesOn,
  resumefromcheckpoint: goesOn,
  autoresume: goesOn,
  ckptpath: goesOn,
  loadcheckpoint: goesOn,
  output: runFolder,
  outputdir: runFolder,
  savedir: runFolder,
  workdir: runFolder,
  defaultrootdir: runFolder,
  loggingdir: runFolder,
  logdir: runFolder,
  runname: runFolder,
  frequent: printed,
  printfreq: printed,
  loginterval: printed,
  logeverynsteps: printed,
  loggingsteps: printed,
  wandb: noTracker,
  usewandb: noTracker,
  usingwandb: noTracker,
  wandbproject: noTracker,
  reportto: noTracker,
  strategy: parallel,
  ddp: parallel,
  fsdp: parallel,
  deepspeed: parallel,
  zerostage: parallel,
  accelerator: parallel,
  findunusedparameters: parallel,
  distbackend: spread,
  masteraddr: spread,
  masterport: spread,
  localrank: spread,
  compile: compiled,
  torchcompile: compiled,
  jitcompile: compiled,
  cudnnbenchmark: compiled,
  deterministic: compiled,
  channelslast: compiled,
}

/** Arguments of objects that people set as fields beside them, and the field with the object: `lr = 0.1` in `train`. */
const argumentOwners: Readonly<Record<string, string>> = {
  lr: 'train.optimizer',
  momentum: 'train.optimizer',
  weight_decay: 'train.optimizer',
  nesterov: 'train.optimizer',
  epsilon: 'train.optimizer',
  warmup: 'train.schedule',
  power: 'train.schedule',
  milestones: 'train.schedule',
  m: 'margin',
  scale: 'margin',
  embedding: 'backbone',
  identities: 'dataset',
  images: 'dataset',
  holdout: 'dataset',
  root: 'dataset',
  devices: 'machine',
  nodes: 'machine',
}

/** How a setting of another trainer is said here, if not by one of `fields`. */
export function otherSetting(name: string, fields: readonly string[]): OtherSetting | undefined {
  const setting = own(otherSettings, name.toLowerCase().replaceAll('_', ''))
  if (setting !== undefined) return setting
  const meant = otherWord(name, [...fields, ...Object.keys(argumentOwners)])
  const owner = meant === undefined ? undefined : own(argumentOwners, meant)
  return meant === undefined || owner === undefined ? undefined : argument(owner, meant)
}
