import { switchSources } from '../tools/switch-sources.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody } from './command.ts'
import { onAws, onlyJob, lookUp, PACE } from './open-job.ts'
import { parseOptions } from './parse-options.ts'

const HELP = {
  pause: `Switches off what calls a job's functions: the event source mappings of its streams, then those of its queues. What arrives meanwhile waits in
the streams, for as long as these keep records (24 hours, unless told otherwise); a batch that has begun goes on after millrace resume.
A paused job must be resumed within its retention (30 days, unless told otherwise).`,
  resume: `Switches on again what millrace pause switched off: the event source mappings of the job's streams, then those of its queues. What has
waited is worked off batch by batch, in the order in which it arrived.`,
} as const

/** Returns the command `pause` or `resume`. */
export function switchCommand(command: 'pause' | 'resume'): CommandBody {
  const on = command === 'resume'
  return {
    help: `${HELP[command]}\n\n${AWS_HELP}`,
    run: async (args, { stdout }) => {
      const { values, positionals } = parseOptions(command, args, AWS_OPTIONS)
      const name = onlyJob(command, positionals)
      return onAws(values, async (place) => {
        const { job, control } = await lookUp(command, name, place)
        const switched = []
        for await (const source of switchSources(control, job, { on, pace: PACE })) {
          switched.push(source)
          if (values.json !== true) stdout.write(`${source.kind} ${source.name}: ${on ? 'on' : 'off'}\n`)
        }
        if (values.json === true) stdout.write(`${JSON.stringify({ job: name, on, switched })}\n`)
        else
          stdout.write(
            switched.length === 0 ? `${name} is ${on ? 'not paused' : 'paused already'}: nothing to switch\n` : `${name} is ${on ? 'resumed' : 'paused'}\n`,
          )
        return 0
      })
    },
  }
}
