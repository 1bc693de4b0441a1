/** Frees what a function has used, without hiding why the function failed. */

/** Runs `body`, then `close`, also if `body` throws. Throws the error of `body`; that of `close` only if `body` has succeeded. */
export async function thenClose<T>(body: () => Promise<T>, close: () => void | Promise<void>): Promise<T> {
  let result: T
  try {
    result = await body()
  } catch (error) {
    try {
      await close()
    } catch {
      // It follows from the first error, or matters less.
    }
    throw error
  }
  await close()
  return result
}
