/** Example parameters of ARC685x to ARC687x, and of ARC689x: errors of processes that train together, and of their collectives. */
import type { peerErrors } from '../../runtime/peers/store/messages.ts'
import type { collectiveErrors } from '../../runtime/xla/collectives/messages.ts'
import type { Examples } from './render.ts'

export const peerExamples: Examples<typeof peerErrors.catalogue> = {
  ARC6850: [{ key: 'pjrt/nccl-id', seconds: 60 }],
  ARC6851: [{ address: '10.0.0.1:29500', seconds: 600, reason: 'the connection is refused' }],
  ARC6852: [{ met: 2, nodes: 3, seconds: 600, missing: 'rank 2 (node-c)' }],
  ARC6853: [{ reason: 'its run token is not that of rank 0' }],
  ARC6854: [{ reason: 'rank 1 has joined already, from node-b (10.0.0.2:41234)' }],
  ARC6855: [{ differences: ['train.batch is 64 at rank 0 (node-a) and 128 at rank 1 (node-b)'] }],
  ARC6856: [
    { reason: 'the clock of rank 1 (node-b) is 45 seconds ahead (UTC 12:00:45 there, 12:00:00 at rank 0 (node-a))' },
  ],
  ARC6857: [{ node: 'rank 1 (node-b)', reason: 'its connection ended' }],
  ARC6858: [{ node: 'rank 1 (node-b)', reason: 'unexpected end' }],
  ARC6859: [{ address: '10.0.0.1:29500' }],
  ARC6860: [{ source: 'ARCC_RUN_TOKEN', reason: 'it has 4 bytes, and at least 16 are needed' }],
  ARC6861: [{ address: '10.0.0.1:29500', reason: 'another process uses the port' }],
  ARC6862: [{ reason: 'pjrt/topology does not fit into the store' }],
  ARC6863: [{ what: 'the rank of this node', one: '0 by RANK', other: '1 by SLURM_NODEID', flag: '--node-rank' }],
  ARC6864: [
    { missing: '--rendezvous', given: '--nodes (2)' },
    { missing: '--nodes', given: '--node-rank' },
  ],
  ARC6865: [{ source: '--rendezvous', text: 'node-a', reason: 'it is not HOST:PORT' }],
  ARC6866: [{ address: '10.0.0.1:29500', reason: 'a message of 1347703880 bytes is larger than 16842752' }],
  ARC6867: [{ reason: 'the run is over: rank 1 (node-b) is lost: its connection ended' }],
  ARC6868: [{ nodes: 'rank 1 (node-b)', what: 'compiling the step' }],
  ARC6869: [{ name: 'small', count: 3, first: 'small[train.batch=64]' }],
  ARC6872: [{ by: 'torchrun', processes: 8, source: 'LOCAL_WORLD_SIZE' }],
  ARC6873: [{ rank: 2, source: '--node-rank', nodes: 2 }],
}

export const collectiveExamples: Examples<typeof collectiveErrors.catalogue> = {
  ARC6890: [{ reason: 'there is none here (cc, gcc, clang)' }],
  ARC6891: [{ reason: 'the XLA plugin (PJRT 0.70) does not take functions of others' }],
  ARC6892: [{ node: 'rank 1 (node-b)', address: '10.0.0.2:40112', reason: 'connection refused' }],
  ARC6893: [{ node: 'rank 1 (node-b)', reason: 'connection reset by peer' }],
  ARC6894: [{ node: 'rank 1 (node-b)', own: 3, theirs: 4 }],
  ARC6895: [{ node: 'rank 1 (node-b)', seconds: 1800 }],
  ARC6896: [{ reason: 'there is no memory' }],
}
