/** How many threads make the pictures of a run. */
import { availableParallelism } from 'node:os'
import { findJpegDecoder } from '../jpeg/find.ts'
import { decodeHere } from './decode-here.ts'
import { startThreads } from './decode-threads.ts'
import type { DecodeWorkers } from './decode-workers.ts'

/** Pictures for which no thread is started: they are made in less time than it takes. */
const fewPictures = 256
/** More threads than this are not known to help: with libturbojpeg they make about 100,000 pictures a second. */
const mostThreads = 16

/**
 * The number of threads for a run that draws `pictures` of them: one core is left to the process if there are more than two. It
 * affects no result.
 */
export function workerCount(pictures: number, cores: number = availableParallelism()): number {
  return pictures <= fewPictures ? 0 : mostWorkers(cores)
}

/** The number of threads for a run that draws many pictures. */
export function mostWorkers(cores: number): number {
  return Math.min(mostThreads, cores > 2 ? cores - 1 : cores)
}

/** Starts `count` threads; with 0, pictures are made in the process. Throws the errors of `findJpegDecoder`. */
export function startDecodeWorkers(count: number): DecodeWorkers {
  return count === 0 ? decodeHere() : startThreads(count, findJpegDecoder())
}
