/** Names files that are called `.bin` but are no pickles of pairs. */
import { pictureKind } from '../picture-kind.ts'

const signatures: readonly (readonly [string, string])[] = [
  ['\x1f\x8b', 'compressed with gzip: unpack it with `gunzip`'],
  ['PK\x03\x04', "a zip archive, as PyTorch's files and NumPy's .npz are"],
  ['\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19', 'a file of PyTorch'],
  ['\x89HDF\r\n', 'an HDF5 file'],
  ['\x93NUMPY', 'a NumPy array (.npy)'],
  ['\x0a\x23\xd7\xce', "MXNet's RecordIO"],
  ['PAR1', 'a parquet file'],
]

/** What the file is, with its article; `undefined` if that is unknown. */
export function binFileKind(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'empty'
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  const found = signatures.find(([text]) => start.startsWith(text))
  if (found !== undefined) return found[1]
  const kind = pictureKind(bytes)
  return typeof kind === 'string' ? 'a single picture' : kind?.what
}
