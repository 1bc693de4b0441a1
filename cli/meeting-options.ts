/** The options by which several computers meet. */
import { type Command, Option } from 'commander'
import type { MeetingOptions } from './host/meet.ts'
import { seconds, whole } from './whole-number.ts'

/** As commander gives them. */
export type RawMeeting = Partial<MeetingOptions>

/** Seconds that all nodes have to come. */
const defaultJoinTimeout = 600

export function addMeetingOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--nodes <number>', 'computers that work together; start one process on each').argParser(
        whole(1, 10_000),
      ),
    )
    .addOption(new Option('--node-rank <rank>', 'the number of this one, from 0').argParser(whole(0, 10_000)))
    .addOption(new Option('--rendezvous <host:port>', 'an address of the computer with rank 0, where all meet'))
    .addOption(new Option('--token-file <file>', 'the file of the run token (otherwise: ARCC_RUN_TOKEN)'))
    .addOption(
      new Option('--join-timeout <seconds>', 'how long all computers have to come')
        .argParser(seconds)
        .default(defaultJoinTimeout),
    )
}

export function meetingOptions(raw: RawMeeting): MeetingOptions {
  const { nodes, nodeRank, rendezvous, tokenFile, joinTimeout = defaultJoinTimeout } = raw
  return { nodes, nodeRank, rendezvous, tokenFile, joinTimeout }
}
