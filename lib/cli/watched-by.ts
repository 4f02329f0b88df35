import type { EmbeddedOptions } from '../embedded/embedded-options.ts'
import type { CommandIo } from './command.ts'
import { viewOf } from './view-of.ts'

/** What a run has to do with the process that it runs in: where it is shown, what stops it, and what is said when it waits for ever. */
export function watchedBy(io: CommandIo): Pick<EmbeddedOptions, 'view' | 'signal' | 'observe'> {
  let call: { readonly operator: unknown; readonly batch: unknown } | undefined
  io.whenStalled?.(() =>
    call === undefined
      ? 'the run waits for a promise that nothing will ever settle: look for one in a static table or in top-level code of the job. What is committed is kept'
      : `operator '${String(call.operator)}' (foreachRDD) in batch ${String(call.batch)} waits for a promise that nothing will ever settle. Nothing is lost: mend the function, give its calls a time limit, and start the run again; it goes on with this batch`,
  )
  return {
    view: viewOf(io),
    signal: io.interrupted?.(),
    observe: (event) => {
      if (event.event === 'foreachRDD') call = { operator: event['operator'], batch: event['batch'] }
      else if (event.event === 'batch' || event.event === 'failed') call = undefined
    },
  }
}
