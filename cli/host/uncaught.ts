/** Errors that nobody has caught: of a timer, a socket, a thread. */

/** Seconds that a command may take to end in order after such an error. */
const patience = 60

/** Whether the command ends in order because of an error. */
type Takes = (error: unknown) => boolean

let takes: Takes = () => false

/** Ends the process with `end` at an error that nobody has caught, unless a command takes it and ends within a minute. */
export function watchUncaught(end: (error: unknown) => never): void {
  process.on('uncaughtException', (error) => {
    if (!takes(error)) end(error)
    setTimeout(end, patience * 1000, error).unref()
  })
}

/** From now on, `command` decides. */
export function takeUncaught(command: Takes): void {
  takes = command
}
