/** The look of the output: color, Unicode or ASCII, width. Renderers receive it as a value, so that tests can choose it. */
import pc from 'picocolors'

type Paint = (text: string) => string

/** Colors by meaning; renderers use only these. */
export interface Palette {
  readonly error: Paint
  readonly warning: Paint
  readonly good: Paint
  readonly accent: Paint
  readonly strong: Paint
  /** For less important text. */
  readonly quiet: Paint
}

export interface Look {
  readonly color: boolean
  readonly palette: Palette
  readonly unicode: boolean
  /** Columns of the terminal. */
  readonly width: number
  /** Whether longer lines are wrapped: on a terminal, but not in files and pipes. */
  readonly wraps: boolean
}

const plain: Paint = (text) => text

const colorless: Palette = { error: plain, warning: plain, good: plain, accent: plain, strong: plain, quiet: plain }

function colored(): Palette {
  const { red, yellow, green, cyan, bold, dim } = pc.createColors(true)
  return {
    error: (text) => bold(red(text)),
    warning: (text) => bold(yellow(text)),
    good: green,
    accent: cyan,
    strong: bold,
    quiet: dim,
  }
}

/** The width if the output is not a terminal. */
const defaultWidth = 100

/** The look of files: no color, Unicode, 100 columns. */
export const documentLook: Look = {
  color: false,
  palette: colorless,
  unicode: true,
  width: defaultWidth,
  wraps: false,
}

/** The properties of a stream that determine the look. */
export interface Terminal {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** Whether the locale's character set is UTF-8; the variables have the same precedence as in the C library. */
export function isUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return /utf-?8/i.test(locale)
}

/**
 * The look for a stream. Color: `--color` and `--no-color` win, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal.
 */
export function lookFor(stream: Terminal, env: NodeJS.ProcessEnv, color: boolean | undefined): Look {
  const chosen = color ?? (env.NO_COLOR ? false : env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : undefined)
  const colorsOn = chosen ?? (stream.isTTY === true && env.TERM !== 'dumb')
  return {
    color: colorsOn,
    palette: colorsOn ? colored() : colorless,
    unicode: isUtf8(env),
    width: Math.max(40, stream.columns ?? defaultWidth),
    wraps: stream.isTTY === true,
  }
}
