/** How output looks here: colour or none, Unicode or ASCII, how wide. Renderers get it as a value, so that tests choose it. */
import pc from 'picocolors'

type Paint = (text: string) => string

/** Colours by meaning; renderers know no other. */
export interface Palette {
  readonly error: Paint
  readonly warning: Paint
  readonly good: Paint
  readonly accent: Paint
  readonly strong: Paint
  /** What may be overlooked. */
  readonly quiet: Paint
}

export interface Look {
  readonly color: boolean
  readonly palette: Palette
  readonly unicode: boolean
  /** Columns of the terminal. */
  readonly width: number
  /** Whether a longer line is broken. A terminal would break it anywhere; files and pipes take it as it is. */
  readonly wraps: boolean
}

const plain: Paint = (text) => text

const colourless: Palette = { error: plain, warning: plain, good: plain, accent: plain, strong: plain, quiet: plain }

function coloured(): Palette {
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

/** Width where the output is no terminal. */
const defaultWidth = 100

/** The look without colour, in Unicode, 100 columns wide: what files get. */
export const documentLook: Look = {
  color: false,
  palette: colourless,
  unicode: true,
  width: defaultWidth,
  wraps: false,
}

/** What of a stream decides the look. */
export interface Terminal {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** Whether the locale's character set is UTF-8, by the order in which the C library asks. */
export function isUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return /utf-?8/i.test(locale)
}

/**
 * The look for a stream. Colour: `--color` and `--no-color` win, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal.
 */
export function lookFor(stream: Terminal, env: NodeJS.ProcessEnv, color: boolean | undefined): Look {
  const chosen = color ?? (env.NO_COLOR ? false : env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : undefined)
  const coloursOn = chosen ?? (stream.isTTY === true && env.TERM !== 'dumb')
  return {
    color: coloursOn,
    palette: coloursOn ? coloured() : colourless,
    unicode: isUtf8(env),
    width: Math.max(40, stream.columns ?? defaultWidth),
    wraps: stream.isTTY === true,
  }
}
