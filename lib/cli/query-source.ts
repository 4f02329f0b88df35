import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { RunState } from '../embedded/stores/run-state.ts'
import { SplitObjects } from '../embedded/stores/split-objects.ts'
import { SqliteLog } from '../embedded/stores/sqlite-log.ts'
import { statePaths } from '../embedded/stores/state-paths.ts'
import { storeError } from '../embedded/stores/store-error.ts'
import { readOnlyFolder } from '../query/read-only-folder.ts'
import type { Log } from '../runtime/ports/log.ts'
import type { Objects } from '../runtime/ports/objects.ts'
import { MillraceError } from '../values/errors.ts'
import type { AwsValues } from './aws-options.ts'
import { onAws, openJob } from './open-job.ts'

/** Where the job is that somebody asks about. */
export interface SourceValues extends AwsValues {
  readonly state?: string | undefined
}

export interface Source {
  readonly log: Log
  readonly objects: Objects
  readonly outputPrefix: string
}

/** Opens a job's logs and objects for reading, on AWS or of a run in a folder, and closes them behind the work. */
export async function withSource<T>(command: string, job: string, values: SourceValues, work: (source: Source) => Promise<T>): Promise<T> {
  if (values.state === undefined)
    return onAws(values, async (place) => {
      const { job: deployed, ports } = await openJob(command, job, place)
      return work({ log: ports.log, objects: ports.objects, outputPrefix: deployed.environment.outputPrefix })
    })
  if (values.local === true || values.profile !== undefined || values.region !== undefined)
    throw new MillraceError('USAGE', '--state names a run in a folder, and --local, --profile and --region a job on AWS; give one of them')
  const { database, objects } = statePaths(values.state, job)
  if (!existsSync(database)) throw new MillraceError('USAGE', `there is no run of job '${job}' in ${values.state}: it has no ${database}`)
  let db: DatabaseSync
  try {
    db = new DatabaseSync(database, { readOnly: true, timeout: 3_000 })
  } catch (cause) {
    throw storeError('cannot read the state', database, cause)
  }
  try {
    const output = new RunState(db).facts?.output ?? '.'
    const split = new SplitObjects({ prefix: '_millrace/', inside: readOnlyFolder(objects), outside: readOnlyFolder(output) })
    return await work({ log: new SqliteLog(db), objects: split, outputPrefix: '' })
  } finally {
    db.close()
  }
}
