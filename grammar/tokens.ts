/**
 * The token types and the keyword table. Words are lexed as identifiers and then looked up here, which keeps the lexer small.
 *
 * Reserved words (`let`, `if`, `then` …) are never names. Contextual words (`machine`, `device`, `state` …) start a declaration
 * or an entry where one is allowed, and are ordinary names everywhere else.
 */
import { createToken, type IToken, type ITokenConfig, type TokenType } from 'chevrotain'

/** A token with the results of the layout passes. Its end is `startOffset + image.length`. */
export interface ArcToken extends IToken {
  /** Number of enclosing brackets; an opening and its closing bracket have the depth of their surroundings. */
  depth: number
  /** The text of a string part with its escapes replaced. */
  readonly cooked: string
}

const type = (name: string, label: string, more: Omit<ITokenConfig, 'name' | 'label' | 'pattern'> = {}): TokenType =>
  createToken({ name, label, ...more })

// ----------------------------------------------------------------- categories

const category = (name: string, label: string): TokenType => createToken({ name, label })

/** Identifiers and contextual words. */
export const Name = category('Name', 'a name')
export const ObjectKeyword = category('ObjectKeyword', 'a declaration')
export const FunctionKeyword = category('FunctionKeyword', 'a function')
export const BinaryOperator = category('BinaryOperator', 'an operator')
export const PrefixOperator = category('PrefixOperator', 'an operator')

// ------------------------------------------------------------- names and words

export const Identifier = createToken({
  name: 'Identifier',
  label: 'a name',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  categories: [Name],
})

const reserved = (word: string, categories: TokenType[] = []): TokenType =>
  type(`Word_${word}`, `\`${word}\``, { categories })
const contextual = (word: string, categories: TokenType[] = []): TokenType =>
  type(`Word_${word}`, `\`${word}\``, { categories: [Name, ...categories] })

export const Let = reserved('let')
export const If = reserved('if')
export const Then = reserved('then')
export const Else = reserved('else')
export const For = reserved('for')
export const In = reserved('in')
export const Carry = reserved('carry')
export const As = reserved('as')
export const And = reserved('and', [BinaryOperator])
export const Or = reserved('or', [BinaryOperator])
export const Not = reserved('not', [PrefixOperator])
export const Div = reserved('div', [BinaryOperator])
export const Mod = reserved('mod', [BinaryOperator])
export const True = reserved('true')
export const False = reserved('false')

export const Use = contextual('use')
export const Extern = contextual('extern')
export const Fn = contextual('fn', [FunctionKeyword])
export const Block = contextual('block', [FunctionKeyword])
export const Backbone = contextual('backbone')
export const Margin = contextual('margin', [ObjectKeyword])
export const Optimizer = contextual('optimizer', [ObjectKeyword])
export const Schedule = contextual('schedule', [ObjectKeyword])
export const Device = contextual('device', [ObjectKeyword])
export const Machine = contextual('machine', [ObjectKeyword])
export const Dataset = contextual('dataset', [ObjectKeyword])
export const Augmentation = contextual('augmentation', [ObjectKeyword])
export const Verification = contextual('verification', [ObjectKeyword])
export const Start = contextual('start', [ObjectKeyword])
export const Experiment = contextual('experiment', [ObjectKeyword])
export const Extends = contextual('extends')
export const On = contextual('on')
export const State = contextual('state')
export const Learn = contextual('learn')
export const Require = contextual('require')
export const Test = contextual('test')
export const Assert = contextual('assert')
export const Expect = contextual('expect')

const RESERVED = [Let, If, Then, Else, For, In, Carry, As, And, Or, Not, Div, Mod, True, False]
const DECLARING = [
  Use,
  Extern,
  Fn,
  Block,
  Backbone,
  Margin,
  Optimizer,
  Schedule,
  Device,
  Machine,
  Dataset,
  Augmentation,
  Verification,
  Start,
  Experiment,
  Test,
]
const CONTEXTUAL = [...DECLARING, Extends, On, State, Learn, Require, Assert, Expect]

/** The word of a keyword. */
export const wordOf = (t: TokenType): string => t.name.slice('Word_'.length)

/** Every word with a special meaning. */
export const KEYWORDS: ReadonlyMap<string, TokenType> = new Map([...RESERVED, ...CONTEXTUAL].map((t) => [wordOf(t), t]))

/** The words that start a declaration, for suggestions. */
export const DECLARATION_WORDS: readonly string[] = [...DECLARING, Let].map(wordOf)

const declaring: ReadonlySet<TokenType> = new Set([...DECLARING, Let])
const names: ReadonlySet<TokenType> = new Set([Identifier, ...CONTEXTUAL])
const reservedSet: ReadonlySet<TokenType> = new Set(RESERVED)

/** Whether a declaration may start with it. */
export const beginsDeclaration = (token: IToken): boolean => declaring.has(token.tokenType)
/** Whether it is allowed as a name. */
export const isName = (token: IToken): boolean => names.has(token.tokenType)
export const isReserved = (token: IToken): boolean => reservedSet.has(token.tokenType)

// ------------------------------------------------------------------- literals

/** A whole string without holes. */
export const StringText = type('StringText', 'a string')
/** `"text{`, `}text{` and `}text"`: the parts around holes. */
export const StringHead = type('StringHead', 'a string')
export const StringMiddle = type('StringMiddle', '`}`')
export const StringTail = type('StringTail', '`}`')

/** Text that has been reported and has no meaning. */
export const Unreadable = type('Unreadable', 'a value')

export const NumberToken = createToken({
  name: 'Number',
  label: 'a number',
  // The trailing point of `5.` is included, so that it is reported as one mistake; `0..5` is a range and `5.x` a member.
  pattern: /\d[\d_]*(?:\.\d[\d_]*|\.(?![.\w]))?(?:[eE][+-]?\d+)?/,
})

// ------------------------------------------------------------------ punctuation

const punctuation = (name: string, image: string, pattern: RegExp, categories: TokenType[] = []): TokenType =>
  createToken({ name, label: `\`${image}\``, pattern, categories })

export const Newline = createToken({ name: 'Newline', label: 'a new line', pattern: /\n/, line_breaks: true })
export const Pipe = punctuation('Pipe', '|>', /\|>(?!>)/, [BinaryOperator])
export const Arrow = punctuation('Arrow', '->', /->/)
export const EqualEqual = punctuation('EqualEqual', '==', /==/, [BinaryOperator])
export const NotEqual = punctuation('NotEqual', '!=', /!=/, [BinaryOperator])
export const LessEqual = punctuation('LessEqual', '<=', /<=/, [BinaryOperator])
export const GreaterEqual = punctuation('GreaterEqual', '>=', />=/, [BinaryOperator])
export const Less = punctuation('Less', '<', /</, [BinaryOperator])
export const Greater = punctuation('Greater', '>', />/, [BinaryOperator])
export const Near = punctuation('Near', '≈', /≈|~=/, [BinaryOperator])
export const StarStar = punctuation('StarStar', '**', /\*\*/, [BinaryOperator])
export const Plus = punctuation('Plus', '+', /\+/, [BinaryOperator])
export const Minus = punctuation('Minus', '-', /-/, [BinaryOperator, PrefixOperator])
export const Star = punctuation('Star', '*', /\*/, [BinaryOperator])
export const Slash = punctuation('Slash', '/', /\//, [BinaryOperator])
export const DotDot = punctuation('DotDot', '..', /\.\./, [BinaryOperator])
export const Dot = punctuation('Dot', '.', /\./)
export const Comma = punctuation('Comma', ',', /,/)
export const Colon = punctuation('Colon', ':', /:/)
export const Equals = punctuation('Equals', '=', /=/)
export const Percent = punctuation('Percent', '%', /%/)
export const Question = punctuation('Question', '?', /\?/)
export const LParen = punctuation('LParen', '(', /\(/)
export const RParen = punctuation('RParen', ')', /\)/)
export const LBracket = punctuation('LBracket', '[', /\[/)
export const RBracket = punctuation('RBracket', ']', /]/)
export const LCurly = punctuation('LCurly', '{', /\{/)
export const RCurly = punctuation('RCurly', '}', /\}/)

/** The tokens that the parser may receive. */
export const PARSER_TOKENS: readonly TokenType[] = [
  ...[Name, ObjectKeyword, FunctionKeyword, BinaryOperator, PrefixOperator],
  ...[Identifier, ...KEYWORDS.values()],
  ...[StringText, StringHead, StringMiddle, StringTail, NumberToken, Unreadable, Newline],
  ...[
    Pipe,
    Arrow,
    EqualEqual,
    NotEqual,
    LessEqual,
    GreaterEqual,
    Less,
    Greater,
    Near,
    StarStar,
    Plus,
    Minus,
    Star,
    Slash,
  ],
  ...[DotDot, Dot, Comma, Colon, Equals, Percent, Question, LParen, RParen, LBracket, RBracket, LCurly, RCurly],
]

/** A token of a type, at a place. */
export function makeToken(tokenType: TokenType, image: string, startOffset: number, cooked = ''): ArcToken {
  return { image, startOffset, tokenTypeIdx: tokenType.tokenTypeIdx ?? 0, tokenType, depth: 0, cooked }
}

export const tokenEnd = (token: IToken): number => token.startOffset + token.image.length
