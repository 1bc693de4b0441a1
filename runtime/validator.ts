/** Validators of the documents that arcc writes and reads back. */
import { Ajv, type ErrorObject, type Options } from 'ajv'

export interface Validator<T> {
  /** Whether a value has the schema of the document. */
  accepts(value: unknown): value is T
  /** Why the last value was not accepted. */
  readonly errors: readonly ErrorObject[]
}

/** The validator of a JSON schema; compiled when it is first asked, which takes ajv 10 to 40 ms and many commands never need. */
export function validatorOf<T>(schema: object, options: Options = { allErrors: true }): Validator<T> {
  const compile = () => new Ajv(options).compile<T>(schema)
  let validate: ReturnType<typeof compile> | undefined
  return {
    accepts(value): value is T {
      validate ??= compile()
      return validate(value)
    },
    get errors() {
      return validate?.errors ?? []
    },
  }
}
