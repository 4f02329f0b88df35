import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { batchFailed } from '../../lib/embedded/batch-failed.ts'

test.each<{ file: string | undefined; state: string; args: readonly string[] }>([
  { file: 'functions/word-count.ts', state: './.millrace', args: ['functions/word-count.ts'] },
  { file: undefined, state: './.millrace', args: ['FILE'] },
  { file: 'my job.ts', state: '/tmp/my state', args: ['my job.ts', '--state', '/tmp/my state'] },
  { file: "it's.ts", state: '$HOME', args: ["it's.ts", '--state', '$HOME'] },
])('the command for $file with state $state is what a shell takes', ({ file, state, args }) => {
  const failure = { task: 'stage-1x1/0', operator: 'tell', message: 'Error: no', attempts: 3 }
  const { message } = batchFailed({ batch: 2, timeMs: 1_770_000_002_000, failure, file, state })
  expect(message).toMatch(/^batch 2 \(time 1770000002000 ms, 2026-02-02T02:40:02\.000Z\) has failed 3 times in operator 'tell': Error: no\nNothing is lost\./)
  const command = /^ {2}npx millrace skip (.*)$/m.exec(message)?.[1] ?? ''
  expect(
    execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
      .trimEnd()
      .split('\n'),
  ).toEqual(args)
})
