/** Messages that the store of a run has to refuse, from a seeded generator. */
import {
  connectionKinds,
  encodeRequest,
  limits,
  magic,
  protocolVersion,
  type Request,
  requests,
} from '../../runtime/peers/store/protocol.ts'

export interface Malformed {
  readonly kind: string
  /** What is sent on a connection of its own. */
  readonly bytes: Buffer
  /** Whether the store has to close the connection; otherwise it may wait for more bytes, which do not come. */
  readonly isWhole: boolean
}

type Random = () => number
type Maker = (random: Random) => Buffer
type Hello = Extract<Request, { readonly op: 'hello' }>

const intOf = (random: Random, below: number) => Math.floor(random() * below)
const junk = (random: Random, bytes: number) => Buffer.from(Array.from({ length: bytes }, () => intOf(random, 256)))
const packed = (request: Request) => Buffer.concat(encodeRequest(request))

/** A frame with the size that belongs to it. */
function frame(op: number, id: number, fields: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt32LE(5 + fields.length, 0)
  head.writeUInt8(op, 4)
  head.writeUInt32LE(id, 5)
  return Buffer.concat([head, fields])
}

/** The head of a frame of any size. */
function sized(size: number, rest: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(size, 0)
  return Buffer.concat([head, rest])
}

const ops = Object.values(requests).map(({ code }) => code as number)
const unknownOp = (random: Random): number => {
  const op = intOf(random, 256)
  return ops.includes(op) ? unknownOp(random) : op
}
const id = (random: Random) => 1 + intOf(random, 1000)
/** A text whose bytes are no UTF-8. */
const noText = (random: Random) => Buffer.concat([Buffer.from([4, 0]), Buffer.from([0xff, 0xfe]), junk(random, 2)])
const get = (random: Random) =>
  packed({ op: 'get', id: id(random), key: `nothing/${intOf(random, 1e6)}`, timeout: 60_000 })
const tryGet = (random: Random) => packed({ op: 'tryGet', id: id(random), key: 'nothing' })

/** Makers by name, for a store with this token and three nodes, of which rank 1 is there. */
export function malformedOf(token: string): (random: Random) => Malformed {
  const facts = { version: '1.0', name: 'node-1', nodes: 3, clock: 0 }
  const member: Hello = {
    op: 'hello',
    id: 1,
    magic,
    version: protocolVersion,
    kind: connectionKinds.indexOf('member'),
    rank: 1,
    token,
    facts: Buffer.from(JSON.stringify(facts)),
  }
  const admitted = packed({ ...member, kind: connectionKinds.indexOf('auxiliary'), facts: new Uint8Array(0) })
  const hello = (change: Partial<Hello>) => packed({ ...member, ...change })
  const inside =
    (make: Maker): Maker =>
    (random) =>
      Buffer.concat([admitted, make(random)])

  const whole: Readonly<Record<string, Maker>> = {
    'too large before HELLO': (random) => sized(limits.helloBytes + 1 + intOf(random, 2 ** 31), junk(random, 32)),
    'too small': (random) => sized(intOf(random, 5), junk(random, 8)),
    'another op before HELLO': (random) => (random() < 0.5 ? get(random) : tryGet(random)),
    'wrong magic': (random) => hello({ magic: intOf(random, magic) }),
    'unknown kind': (random) => hello({ kind: 2 + intOf(random, 250) }),
    'rank of no node': (random) => hello({ rank: 3 + intOf(random, 2 ** 31) }),
    'facts that are no JSON': (random) => hello({ facts: junk(random, intOf(random, 300)) }),
    'facts of another form': () => hello({ facts: Buffer.from('{"version":1,"clock":"now"}') }),
    'HELLO with bytes behind': (random) => frame(1, 1, Buffer.concat([hello({}).subarray(9), junk(random, 7)])),
    'unknown op': inside((random) => frame(unknownOp(random), id(random), junk(random, intOf(random, 100)))),
    'field beyond the end': inside((random) => frame(2, id(random), Buffer.from([9, 0, 65, 66]))),
    'value beyond the end': inside((random) =>
      frame(2, id(random), Buffer.concat([Buffer.from([1, 0, 65, 255, 255, 255, 255]), junk(random, 20)])),
    ),
    'bytes behind': inside((random) =>
      frame(4, id(random), Buffer.concat([Buffer.from([1, 0, 65]), junk(random, 1 + intOf(random, 50))])),
    ),
    'no UTF-8': inside((random) => frame(4, id(random), noText(random))),
    'id 0': inside(() => packed({ op: 'tryGet', id: 0, key: 'nothing' })),
    'id that is taken': inside((random) => {
      const once = get(random)
      return Buffer.concat([once, once])
    }),
    'HELLO twice': inside(() => admitted),
    'too large': inside((random) => sized(limits.frameBytes + 1 + intOf(random, 2 ** 30), junk(random, 64))),
  }
  const broken: Readonly<Record<string, Maker>> = {
    noise: (random) => junk(random, 1 + intOf(random, 600)),
    'HELLO that ends early': (random) => admitted.subarray(0, intOf(random, admitted.length)),
    'noise behind HELLO': inside((random) => sized(20 + intOf(random, 2000), junk(random, 15))),
    'announced but not sent': inside((random) =>
      sized(limits.frameBytes - intOf(random, 1000), junk(random, 1 + intOf(random, 5000))),
    ),
    'report that is none': inside((random) =>
      frame(8, id(random), Buffer.concat([Buffer.from([30, 0, 0, 0]), junk(random, 30)])),
    ),
  }
  const makers = [
    ...Object.entries(whole).map(([kind, make]) => ({ kind, make, isWhole: true })),
    ...Object.entries(broken).map(([kind, make]) => ({ kind, make, isWhole: false })),
  ]
  return (random) => {
    const { kind, make, isWhole } = makers[intOf(random, makers.length)] ?? { kind: '', make: get, isWhole: false }
    return { kind, bytes: make(random), isWhole }
  }
}
