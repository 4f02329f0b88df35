// Sessionised clickstream: a session ends after 30 minutes of silence; sessions are joined with the user table and written to S3.
import { asset, defineJob, json, minutes, seconds, type State } from 'millrace'
import * as v from 'valibot'

const Click = v.object({ user: v.string(), page: v.string(), at: v.number() })

interface Session {
  readonly startedAt: number
  readonly endedAt: number
  readonly pages: readonly string[]
}

export default defineJob({ name: 'sessions', batchInterval: seconds(10), numPartitions: 4 }, (ssc) => {
  const users = ssc.staticTable('users', async () => {
    const rows = (await asset('functions/data/users.json').json()) as { id: string; plan: 'free' | 'pro' }[]
    return rows.map((u) => [u.id, u.plan] as const)
  })

  const sessions = ssc
    .kinesisStream('clicks', json(Click))
    .keyBy((click) => click.user)
    .mapWithState(
      (user, click, state: State<Session>) => {
        if (click === undefined) return { user, ...state.get() } // timing out: the session is over
        const s = state.getOption()
        state.update({ startedAt: s?.startedAt ?? click.at, endedAt: click.at, pages: [...(s?.pages ?? []), click.page] })
        return undefined // emits nothing
      },
      { uid: 'open-sessions', timeout: minutes(30) },
    )

  const enriched = sessions.keyBy((s) => s.user).leftOuterJoinTable(users)
  enriched
    .map(([, [session, plan]]) => ({ ...session, plan: plan ?? 'unknown', seconds: (session.endedAt - session.startedAt) / 1000 }))
    .saveAsJsonFiles('sessions')
})
