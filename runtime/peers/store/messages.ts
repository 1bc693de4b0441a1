/** Errors of processes that work together, ARC685x to ARC687x. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

const restart = 'the others have ended too; start all nodes again, with --resume to go on'

export const peerErrors = errorsOf({
  ARC6850: {
    text: (p) => `no node has set ${p.key} in the store of the run within ${p.seconds} seconds`,
    hint: () => 'look at the last lines of the other nodes: one of them waits for something else, or is much slower',
  } satisfies ErrorMessage<{ key: string; seconds: number }>,
  ARC6851: {
    text: (p) => `rank 0 was not reached at ${p.address} within ${p.seconds} seconds: ${p.reason}`,
    hint: () =>
      'start rank 0, check that --rendezvous is its address on all nodes and that no firewall closes the port; --join-timeout waits longer',
  } satisfies ErrorMessage<{ address: string; seconds: number; reason: string }>,
  ARC6852: {
    text: (p) => `only ${p.met} of ${p.nodes} nodes have met within ${p.seconds} seconds: ${p.missing} did not come`,
    hint: () => 'start what is missing, with the same --rendezvous; --join-timeout waits longer',
  } satisfies ErrorMessage<{ met: number; nodes: number; seconds: number; missing: string }>,
  ARC6853: {
    text: (p) => `the rendezvous refused this node: ${p.reason}`,
    hint: () => 'give all nodes the same token, with --token-file or ARCC_RUN_TOKEN',
  } satisfies ErrorMessage<{ reason: string }>,
  ARC6854: {
    text: (p) => `the rendezvous refused this node: ${p.reason}`,
    hint: () => 'give each node a --node-rank of its own, from 0 on',
  } satisfies ErrorMessage<{ reason: string }>,
  ARC6855: {
    text: (p) => `the nodes cannot work together: ${p.differences.join('; ')}`,
    hint: () => 'all nodes need the same arcc, the same files and settings, and the same data',
  } satisfies ErrorMessage<{ differences: readonly string[] }>,
  ARC6856: {
    text: (p) => `the nodes cannot work together: ${p.reason}`,
    hint: () => 'synchronize the clocks of all nodes, with chrony or another client of NTP',
  } satisfies ErrorMessage<{ reason: string }>,
  ARC6857: {
    text: (p) => `${p.node} is lost: ${p.reason}`,
    hint: () => `look at the last lines of that node, and for its end in the system's log; ${restart}`,
  } satisfies ErrorMessage<{ node: string; reason: string }>,
  ARC6858: {
    text: (p) => `${p.node} ended with an error: ${p.reason}`,
    hint: () => restart,
  } satisfies ErrorMessage<{ node: string; reason: string }>,
  ARC6859: {
    text: (p) => `a rendezvous at ${p.address}, which other computers reach, needs a run token`,
    hint: () =>
      'make one with "openssl rand -hex 16 > token", copy the file to all nodes, and name it with --token-file; or set ARCC_RUN_TOKEN',
  } satisfies ErrorMessage<{ address: string }>,
  ARC6860: {
    text: (p) => `the run token of ${p.source} cannot be used: ${p.reason}`,
    hint: () => 'make one with "openssl rand -hex 16 > token"',
  } satisfies ErrorMessage<{ source: string; reason: string }>,
  ARC6861: {
    text: (p) => `rank 0 cannot listen at ${p.address}: ${p.reason}`,
    hint: () => '--rendezvous is an address of the computer of rank 0, and a port that is free there',
  } satisfies ErrorMessage<{ address: string; reason: string }>,
  ARC6862: {
    text: (p) => `the store of the run refused a request: ${p.reason}`,
  } satisfies ErrorMessage<{ reason: string }>,
  ARC6863: {
    text: (p) => `the environment contradicts itself: ${p.what} is ${p.one}, but ${p.other}`,
    hint: (p) => `say it with ${p.flag}, which goes before variables, or unset one of them`,
  } satisfies ErrorMessage<{ what: string; one: string; other: string; flag: string }>,
  ARC6864: {
    text: (p) => `${p.missing} is missing beside ${p.given}`,
    hint: () =>
      'work on several computers is started on each with --nodes N --node-rank R --rendezvous HOST:PORT, R from 0 to N - 1; "arcc doctor" shows what the environment says',
  } satisfies ErrorMessage<{ missing: string; given: string }>,
  ARC6865: {
    text: (p) => `${p.source} is ${JSON.stringify(p.text)}: ${p.reason}`,
    hint: () => 'write it as HOST:PORT, an address of the computer of rank 0 and a free port, as in 10.0.0.1:29500',
  } satisfies ErrorMessage<{ source: string; text: string; reason: string }>,
  ARC6866: {
    text: (p) => `what answers at ${p.address} is not arcc's rendezvous: ${p.reason}`,
    hint: () => 'another program has this port; choose another one with --rendezvous on all nodes',
  } satisfies ErrorMessage<{ address: string; reason: string }>,
  ARC6867: {
    text: (p) => `the rendezvous refused this node: ${p.reason}`,
    hint: () => 'start all nodes again',
  } satisfies ErrorMessage<{ reason: string }>,
  ARC6869: {
    text: (p) => `\`${p.name}\` is a sweep of ${p.count} variants, and several computers train one at a time`,
    hint: (p) => `name one of them, on all nodes: arcc run FILE '${p.first}'`,
  } satisfies ErrorMessage<{ name: string; count: number; first: string }>,
  ARC6872: {
    text: (p) =>
      `${p.by} starts ${p.processes} processes on each computer (${p.source}), but arcc drives all devices of a computer from one`,
    hint: () => 'start one: torchrun --nproc-per-node 1, srun --ntasks-per-node=1',
  } satisfies ErrorMessage<{ by: string; processes: number; source: string }>,
  ARC6873: {
    text: (p) => `the rank ${p.rank} (${p.source}) is not one of ${p.nodes} nodes`,
    hint: (p) => `ranks go from 0 to ${p.nodes - 1}`,
  } satisfies ErrorMessage<{ rank: number; source: string; nodes: number }>,
  ARC6868: {
    text: (p) => `${p.nodes} ended the run, but this node waits for it: ${p.what}`,
    hint: () => 'look at the last lines of that node',
  } satisfies ErrorMessage<{ nodes: string; what: string }>,
})
