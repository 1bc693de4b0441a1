/**
 * Chevrotain's lookahead, determined where the parser first comes to a decision. Chevrotain itself determines that of every rule before
 * it parses anything, which takes longer than parsing a file.
 */
import { type ILookaheadStrategy, LLkLookaheadStrategy } from 'chevrotain'

type BuildForAlternation = ILookaheadStrategy['buildLookaheadForAlternation']
type BuildForOptional = ILookaheadStrategy['buildLookaheadForOptional']
type Parser = ThisParameterType<ReturnType<BuildForAlternation>>

/** The strategy LL(k) with k = `maxLookahead`. */
export function lateLookahead(maxLookahead: number): ILookaheadStrategy {
  const inner = new LLkLookaheadStrategy({ maxLookahead })
  const buildLookaheadForAlternation: BuildForAlternation = (options) => {
    let built: ReturnType<BuildForAlternation> | undefined
    return function (this: Parser, alternatives) {
      built ??= inner.buildLookaheadForAlternation(options)
      return built.call(this, alternatives)
    }
  }
  const buildLookaheadForOptional: BuildForOptional = (options) => {
    let built: ReturnType<BuildForOptional> | undefined
    return function (this: Parser) {
      built ??= inner.buildLookaheadForOptional(options)
      return built.call(this)
    }
  }
  return { validate: (options) => inner.validate(options), buildLookaheadForAlternation, buildLookaheadForOptional }
}
