/** Values of the store that are JSON, between nodes of one version. */

export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

/** What a node of the same version has encoded. */
export function decodeJson<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes).toString('utf8'))
}
