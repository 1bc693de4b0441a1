/** JSON schemas of objects, as every document that arcc reads back has them. */

interface ObjectSchema<P, O extends keyof P> {
  readonly type: 'object'
  readonly additionalProperties: false
  readonly required: readonly Exclude<keyof P & string, O>[]
  readonly properties: P
}

/**
 * The JSON schema of an object that has these properties and no others. Each is required unless `optional` names it, so that a
 * property that is added can't be forgotten in a list. `FromSchema` infers the TypeScript type from it as from one written out.
 */
export function object<const P extends Readonly<Record<string, object>>, const O extends keyof P & string = never>(
  properties: P,
  optional: readonly O[] = [],
): ObjectSchema<P, O> {
  const left: ReadonlySet<string> = new Set(optional)
  const isRequired = (name: string): name is Exclude<keyof P & string, O> => !left.has(name)
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties).filter(isRequired),
    properties,
  }
}
