/**
 * Messages of static evaluation, ARC4xxx: 40xx values and calls, 41xx shapes, 42xx experiments, 43xx language tests.
 * Most type errors are found earlier (ARC3xxx); these messages need values.
 */
import { diagnosticsOf, type Message, type Params } from '../../grammar/diagnostic.ts'

function error<P extends Params = Record<never, never>>(text: (params: P) => string): Message<P> {
  return { severity: 'error', text }
}

function warning<P extends Params>(text: (params: P) => string): Message<P> {
  return { severity: 'warning', text }
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

export const evaluateMessages = {
  ARC4001: error<{ name: string }>(({ name }) => `\`${name}\` is not defined here`),
  ARC4002: error<{ found: string; wanted: string }>(({ found, wanted }) => `expected ${wanted}, found ${found}`),
  ARC4003: error<{ operator: string; left: string; right: string }>(
    ({ operator, left, right }) => `\`${operator}\` cannot combine ${left} with ${right}`,
  ),
  ARC4004: error(() => 'division by zero'),
  ARC4005: error<{ what: string }>(({ what }) => `the result of ${what} is not a finite number`),
  ARC4006: error<{ index: number; length: number }>(
    ({ index, length }) => `index ${index} is out of range for a list of ${length} element${length === 1 ? '' : 's'}`,
  ),
  ARC4007: error<{ what: string }>(({ what }) => `${what} cannot be called`),
  ARC4008: error<{ callee: string; name: string }>(
    ({ callee, name }) => `the call of \`${callee}\` is missing \`${name}\``,
  ),
  ARC4009: error<{ callee: string; name: string }>(({ callee, name }) => `\`${callee}\` has no parameter \`${name}\``),
  ARC4010: error<{ name: string }>(({ name }) => `\`${name}\` is specified twice`),
  ARC4011: error<{ callee: string; most: number }>(
    ({ callee, most }) => `\`${callee}\` takes at most ${most} argument${most === 1 ? '' : 's'}`,
  ),
  ARC4012: error<{ what: string; name: string }>(({ what, name }) => `${what} has no \`${name}\``),
  ARC4013: error<{ name: string }>(({ name }) => `\`${name}\` calls itself`),
  ARC4014: error<{ name: string }>(({ name }) => `the definition of \`${name}\` refers to itself`),
  ARC4015: error<{ steps: number }>(({ steps }) => `this takes more than ${steps} steps to evaluate`),
  ARC4016: error<{ limit: number }>(({ limit }) => `calls are nested more than ${limit} deep`),
  ARC4017: error<{ what: string }>(
    ({ what }) => `${what} needs a tensor graph and can be called only inside a backbone`,
  ),
  ARC4018: error<{ owner: string }>(({ owner }) => `\`${owner}\` does not accept these arguments`),
  ARC4019: error<{ keyword: string; owner: string; name: string }>(
    ({ keyword, owner, name }) => `\`${name}\` is missing in the ${keyword} \`${owner}\``,
  ),
  ARC4020: error<{ path: string; bounds: string; found: string }>(
    ({ path, bounds, found }) => `\`${path}\` must be ${bounds}, got ${found}`,
  ),
  ARC4021: error<{ name: string }>(({ name }) => `two block calls have the same name \`${name}\``),
  ARC4022: error<{ path: string }>(({ path }) => `the parameter \`${path}\` is declared twice`),
  ARC4023: error<{ what: string; bounds: string; found: number }>(
    ({ what, bounds, found }) => `${what} must be ${bounds}, got ${found}`,
  ),
  ARC4024: error<{ found: string; known: readonly string[] }>(
    ({ found, known }) => `${found} is not one of ${listed(known)}`,
  ),
  ARC4025: error<{ what: string }>(({ what }) => `${what} draws random numbers and is available only in training`),

  ARC4026: error<{ gpu: string }>(({ gpu }) => `no performance figures are known for ${gpu}`),
  ARC4027: error(() => 'this computer has no GPU'),
  ARC4028: error<{ what: string }>(
    ({ what }) => `${what} is available only in the \`update\` of an optimizer, where it sees a whole weight`,
  ),
  ARC4050: error<{ what: string }>(
    ({ what }) => `${what} is available only in the \`update\` of a margin, which sees the whole batch`,
  ),
  ARC4051: error<{ margin: string; states: readonly string[] }>(
    ({ margin, states }) =>
      `\`${margin}\` keeps ${listed(states)}, so it cannot be made inside a method: make it a parameter or a \`let\``,
  ),
  ARC4052: error<{ margin: string; state: string }>(
    ({ margin, state }) =>
      `the new \`${state}\` of \`${margin}\` must be one number for the whole batch, not one per row`,
  ),
  ARC4053: error<{ margin: string; inner: string; loss: string }>(
    ({ margin, inner, loss }) =>
      `\`${inner}\` inside \`${margin}\` has the loss \`${loss}\`, which \`${margin}\` does not`,
  ),
  ARC4054: error<{ margin: string }>(
    ({ margin }) => `\`train.label_smoothing\` is for softmax, but the loss of \`${margin}\` is \`sigmoid\``,
  ),

  ARC4101: error<{ operator: string; left: string; right: string }>(
    ({ operator, left, right }) => `\`${operator}\` expects two tensors of the same shape, got ${left} and ${right}`,
  ),
  ARC4102: error<{ kernel: string; image: string; padding: string }>(
    ({ kernel, image, padding }) => `a ${kernel} filter does not fit into a ${image} image with padding ${padding}`,
  ),
  ARC4103: error<{ channels: number; groups: number; which: string }>(
    ({ channels, groups, which }) => `${channels} ${which} channels cannot be split into ${groups} groups`,
  ),
  ARC4104: error<{ what: string; wanted: string; found: string }>(
    ({ what, wanted, found }) => `${what} expects ${wanted}, got ${found}`,
  ),
  ARC4105: error<{ what: string; declared: string; found: string }>(
    ({ what, declared, found }) => `${what} is declared as ${declared} but is ${found}`,
  ),
  ARC4106: error<{ filter: string; channels: number; groups: number }>(
    ({ filter, channels, groups }) =>
      `a filter ${filter} does not fit ${channels} channels${groups === 1 ? '' : ` in ${groups} groups`}`,
  ),
  ARC4107: error<{ path: string; shape: string }>(
    ({ path, shape }) => `the shape ${shape} of \`${path}\` needs whole numbers of 1 or more`,
  ),
  ARC4108: error<{ what: string }>(({ what }) => `${what} is a running statistic, which only \`buffer\` declares`),
  ARC4109: error<{ what: string; from: string; to: string }>(
    ({ what, from, to }) => `${what} cannot make ${to} of ${from}`,
  ),
  ARC4110: error<{ start: number; stop: number; size: number; dim: number }>(
    ({ start, stop, size, dim }) =>
      `${start} to ${stop} is not a valid range of dim ${dim}, which has ${size} elements`,
  ),
  ARC4165: error<{ what: string; count: number }>(
    ({ what, count }) => `${what} must be one number, or two, [along the height, along the width]; got ${count}`,
  ),
  ARC4166: error<{ index: number; dim: number; size: number }>(
    ({ index, dim, size }) => `${index} is not a position along dim ${dim}, which has ${size} elements`,
  ),
  ARC4167: error<{ what: string }>(({ what }) => `${what} needs at least one number`),

  ARC4201: error<{ names: readonly string[] }>(({ names }) => `this file has several experiments: ${listed(names)}`),
  ARC4202: error(() => 'this file has no experiment'),
  ARC4203: error<{ name: string }>(({ name }) => `there is no experiment \`${name}\``),
  ARC4204: error<{ path: string }>(({ path }) => `there is no field \`${path}\` to set`),
  ARC4205: error<{ experiment: string; path: string }>(
    ({ experiment, path }) => `\`${path}\` is missing in the experiment \`${experiment}\``,
  ),
  ARC4206: error<{ chain: readonly string[] }>(
    ({ chain }) => `experiments extend each other in a cycle: ${chain.join(' → ')}`,
  ),
  ARC4207: error(() => 'set either `train.epochs` or `train.steps`'),
  ARC4208: error(() => '`train.epochs` and `train.steps` are mutually exclusive'),
  ARC4209: error<{ count: number; devices: number }>(
    ({ count, devices }) => `a batch of ${count} cannot be split evenly over ${devices} devices`,
  ),
  ARC4210: error<{ machine: string; nodes: number }>(
    ({ machine, nodes }) => `\`${machine}\` has ${nodes} nodes but no link between them (\`links.between\`)`,
  ),
  ARC4211: error<{ format: string; field: string }>(
    ({ format, field }) => `a data set of format \`${format}\` needs \`${field}\``,
  ),
  ARC4212: error<{ precision: string; device: string }>(
    ({ precision, device }) => `the device \`${device}\` does not support ${precision}`,
  ),
  ARC4213: error<{ owner: string; condition: string }>(
    ({ owner, condition }) => `\`${owner}\` requires \`${condition}\``,
  ),
  ARC4303: error(() => '`holdout` must be at least 2 for verification: one person has no pairs with another'),
  ARC4214: error(() => '`holdout` verification needs identities that are held out from training'),
  ARC4215: error<{ found: string }>(
    ({ found }) => `a requirement must compare one figure of the plan or of the run with a bound, not ${found}`,
  ),
  ARC4216: error<{ pairs: number }>(({ pairs }) => `\`evaluate.pairs\` must be even, got ${pairs}`),
  ARC4217: error<{ name: string }>(({ name }) => `\`${name}\` has a required parameter, so it cannot be run`),
  ARC4218: error<{ rows: number }>(({ rows }) => `\`centers.chunk\` must be a whole number of rows, not ${rows}`),
  ARC4219: error<{ optimizer: string; states: readonly string[] }>(
    ({ optimizer, states }) =>
      `\`state = int8\` needs an optimizer with one state per weight; \`${optimizer}\` has ${listed(states)}`,
  ),
  ARC4220: error<{ path: string }>(({ path }) => `the sweep over \`${path}\` has no values`),
  ARC4221: error<{ path: string; text: string }>(
    ({ path, text }) => `the sweep over \`${path}\` contains \`${text}\` twice`,
  ),
  ARC4222: error<{ count: number; most: number }>(
    ({ count, most }) => `this sweep has ${count} variants; at most ${most} are allowed`,
  ),
  ARC4223: error<{ name: string; count: number }>(
    ({ name, count }) => `\`${name}\` has ${count} variants; name one of them here`,
  ),
  ARC4224: error(() => '`train.accumulate` needs an explicit batch size, not `auto`'),
  ARC4226: error<{ sets: readonly string[]; dataset: string }>(
    ({ sets, dataset }) =>
      `the verification ${sets.length === 1 ? 'set' : 'sets'} ${listed(sets)} would be read from the data set's folder, but \`${dataset}\` has none`,
  ),
  ARC4227: error<{ channels: number }>(
    ({ channels }) => `images have 1 channel (gray) or 3 (red, green, blue), not ${channels}`,
  ),
  ARC4225: error<{ count: number; parts: number }>(
    ({ count, parts }) => `a batch of ${count} per device cannot be split into ${parts} equal parts`,
  ),

  ARC4228: error<{ backbone: string; path: string }>(
    ({ backbone, path }) => `\`${backbone}\` has no trained weight at or below \`${path}\``,
  ),
  ARC4229: error<{ path: string }>(({ path }) => `\`train.lr_groups\` has two groups for \`${path}\``),
  ARC4230: error<{ path: string }>(
    ({ path }) =>
      `the group for \`${path}\` has no weights: all of them are frozen or belong to groups with longer paths`,
  ),
  ARC4231: error<{ optimizer: string; parameter: string }>(
    ({ optimizer, parameter }) =>
      `\`train.decay = matrices\` sets \`${parameter}\` to 0 for weights that are not matrices, but \`${optimizer}\` has no such parameter`,
  ),
  ARC4233: error(() => '`train.average` has nothing to average: all weights are frozen'),

  ARC4234: error<{ path: string; field: string }>(
    ({ path, field }) => `\`${path}\` is not set, so it has no \`${field}\` to change`,
  ),
  ARC4235: error<{ best: string }>(
    ({ best }) => `\`checkpoint.best\` is "${best}", which is not one of \`evaluate.sets\``,
  ),
  ARC4236: error<{ start: string }>(({ start }) => `\`${start}\` has no path to read weights from`),
  ARC4237: error<{ start: string; first: string; second: string }>(
    ({ start, first, second }) => `\`${start}\` cannot have both \`${first}\` and \`${second}\``,
  ),
  ARC4238: warning<{ backbone: string; path: string }>(
    ({ backbone, path }) => `\`except\` names \`${path}\`, but \`${backbone}\` has nothing at or below it`,
  ),
  ARC4239: error<{ optimizer: string }>(
    ({ optimizer }) =>
      `\`keep_optimizer\` does not work with \`${optimizer}\`, which uses the number of the step: steps are counted from 1 again`,
  ),

  ARC4240: error<{ op: string; field: string }>(
    ({ op, field }) => `an augmentation with \`op = ${op}\` needs \`${field}\``,
  ),
  ARC4241: error<{ op: string; field: string }>(
    ({ op, field }) => `\`${field}\` has no meaning for an augmentation with \`op = ${op}\``,
  ),
  ARC4242: error<{ path: string; found: string }>(
    ({ path, found }) => `\`${path}\` must be a list of two numbers, the smaller first, got ${found}`,
  ),
  ARC4243: error<{ path: string; found: number }>(({ path, found }) => `\`${path}\` must be odd, got ${found}`),
  ARC4244: error<{ count: number }>(
    ({ count }) => `\`train.augment\` mirrors images ${count === 2 ? 'twice' : `${count} times`}`,
  ),
  ARC4245: error<{ name: string; why: string }>(({ name, why }) => `\`${name}\` never changes an image: ${why}`),
  ARC4246: warning(() => '`train.freeze` keeps random weights: `train.start` is not set'),
  ARC4247: warning<{ schedule: string; milestone: string; length: string }>(
    ({ schedule, milestone, length }) => `\`${schedule}\` never reaches ${milestone}: the run ends after ${length}`,
  ),
  ARC4285: warning<{ warmup: string; length: string }>(
    ({ warmup, length }) => `the warmup of ${warmup} is longer than the run, which ends after ${length}`,
  ),
  ARC4286: warning<{ path: string; interval: string; length: string }>(
    ({ path, interval, length }) => `\`${path}\` is ${interval}, but the run ends after ${length}`,
  ),
  ARC4287: warning<{ name: string }>(({ name }) => `the verification set \`${name}\` is listed twice`),
  ARC4288: warning(
    () => '`evaluate.pairs` has no effect: it is the number of pairs of `holdout`, which is not in `evaluate.sets`',
  ),
  ARC4304: warning(() => '`evaluate.every` has no effect: `evaluate.sets` is empty'),
  ARC4305: warning<{ field: string; why: string }>(({ field, why }) => `\`${field}\` has no effect: ${why}`),
  ARC4306: warning<{ what: string }>(({ what }) => `the learning rate is 0 in every step: ${what}`),
  ARC4310: warning<{ images: number; identities: number }>(
    ({ images, identities }) => `${images} images of ${identities} identities: each of them needs at least one`,
  ),
  ARC4311: warning<{ parameter: string; shrink: string }>(
    ({ parameter, shrink }) =>
      `\`${parameter}\` changes the sign of the weights: a step subtracts ${shrink} times their value`,
  ),
  ARC4307: warning<{ name: string; found: string; other: string; meant: string }>(
    ({ name, found, other, meant }) => `\`${name}\` is ${found}, which is ${other}: ${meant} is probably meant`,
  ),
  ARC4289: warning<{ reader: 'data sets of format' | 'verification sets of protocol'; kind: string; field: string }>(
    ({ reader, kind, field }) => `\`${field}\` has no effect: ${reader} \`${kind}\` do not read it`,
  ),
  ARC4290: warning<{ field: string }>(
    ({ field }) => `\`${field}\` has no effect in a set of a mix: only that of the mix is read`,
  ),
  ARC4250: error(() => 'a mix needs at least one data set'),
  ARC4251: error<{ name: string }>(
    ({ name }) => `\`${name}\` is a mix itself; list its sets among the others, with weights of their own`,
  ),
  ARC4252: error<{ name: string; holdout: number }>(
    ({ name, holdout }) =>
      `\`${name}\` holds ${holdout} identities out, but a set of a mix cannot; hold out the last classes of the mix: \`mixed([…], holdout: ${holdout})\``,
  ),
  ARC4253: error<{ name: string; format: string }>(
    ({ name, format }) => `classes cannot be joined by name: those of \`${name}\` (${format}) are numbers`,
  ),
  ARC4254: error<{ weights: number; sets: number }>(
    ({ weights, sets }) => `a mix of ${sets} sets needs one weight for each, got ${weights}`,
  ),
  ARC4255: error<{ weight: number }>(({ weight }) => `a weight of a mix must be above 0, got ${weight}`),
  ARC4260: error<{ url: string; fault: string }>(
    ({ url, fault }) => `\`log.mlflow\` must be the http or https URL of a server, got "${url}": ${fault}`,
  ),
  ARC4261: error<{ found: string }>(
    ({ found }) => `\`log.prometheus\` must be a port from 1 to 65535, or an address with a port, got ${found}`,
  ),
  ARC4275: error(() => '`sum` adds numbers or tensors'),
  ARC4276: error<{ path: string }>(
    ({ path }) => `\`${path}\` cannot be read here: the variants of a sweep are listed before fields have values`,
  ),
  ARC4277: error<{ chain: readonly string[] }>(
    ({ chain }) => `the value of a field depends on itself: ${chain.map((path) => `\`${path}\``).join(' → ')}`,
  ),
  ARC4278: error<{ path: string; found: string }>(
    ({ path, found }) => `\`${path}\` has no number to compute with: it is ${found}`,
  ),
  ARC4279: error<{ name: string; found: string }>(
    ({ name, found }) => `\`${name}\` takes entries or a shared section \`${name} { … }\`, not ${found}`,
  ),

  ARC4281: error<{ path: string; count: number; first: string; wanted: number }>(
    ({ path, count, first, wanted }) =>
      `the fields of a \`zip\` need lists of one length: \`${path}\` has ${count}, \`${first}\` ${wanted}`,
  ),
  ARC4284: error<{ what: string }>(({ what }) => `\`${what}\` has no value to compute with`),
  ARC4282: error<{ set: string }>(({ set }) => `the run does not verify on \`${set}\``),
  ARC4283: error<{ found: number }>(({ found }) => `an accuracy is between 0 and 1, got ${found}`),
  ARC4280: error<{ set: string; field: 'list' | 'root'; protocol: string }>(({ set, field, protocol }) =>
    field === 'list'
      ? `the verification set \`${set}\` needs a \`list\` of pairs`
      : `the verification set \`${set}\` of protocol \`${protocol}\` needs a \`root\`: the folder that has meta and loose_crop`,
  ),

  ARC4300: error<{ name: string; files: readonly [string, string] }>(
    ({ name, files }) =>
      `two verification sets have the name \`${name}\`: ${files[0]} and ${files[1]}; their results would be mixed up`,
  ),
  ARC4301: error<{ title: string; condition: string }>(
    ({ title, condition }) => `test "${title}": \`${condition}\` does not hold`,
  ),
  ARC4302: error<{ title: string; code: string }>(
    ({ title, code }) => `test "${title}": expected the error ${code} here`,
  ),
} as const

/** Builds a diagnostic of static evaluation. */
export const evaluateDiagnostic = diagnosticsOf(evaluateMessages)

export type EvaluateMessages = typeof evaluateMessages
/** The parameters of a message. */
export type ParamsOf<K extends keyof EvaluateMessages> = Parameters<EvaluateMessages[K]['text']>[0]
