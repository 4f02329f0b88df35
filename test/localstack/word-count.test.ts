import { readdirSync, readFileSync } from 'node:fs'
import { aws_kinesis as kinesis } from 'aws-cdk-lib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkBatches } from './check-batches.ts'
import { deployStack, type DeployedStack } from './deploy-stack.ts'
import { eventually } from './eventually.ts'
import { foldWordCount } from './folds.ts'

const SLIDE_MS = 10_000
const LINES = 5_000

let stack: DeployedStack<'WordCount'>

beforeAll(async () => {
  stack = await deployStack('WordCount', (scope) => ({
    WordCount: { entry: 'functions/word-count.ts', streams: { lines: new kinesis.Stream(scope, 'Lines', { shardCount: 3 }) } },
  }))
})
afterAll(async () => {
  await stack.jobs.WordCount.report()
  await stack.destroy()
})

test('three records put by hand show their result within the slide interval and 5 s; silence then empties the window; 5,000 lines are counted exactly', async () => {
  const job = stack.jobs.WordCount
  const putAt = Date.now()
  await job.put(
    'lines',
    ['to be', 'or not', 'to be'].map((data) => ({ key: 'by hand', data })),
  )
  const first = await eventually('the first result', async () => [...(await job.lines('counts'))][0], { everyMs: 100 })
  const tookMs = Date.now() - putAt
  console.log(`first result ${(tookMs / 1000).toFixed(1)} s after three records were put (slide interval ${SLIDE_MS / 1000} s)`)
  expect(first[1]).toEqual(['["be",2]', '["not",1]', '["or",1]', '["to",2]'])
  expect(tookMs).toBeLessThan(SLIDE_MS + 5_000)

  const lines = realLines(LINES)
  await job.put(
    'lines',
    lines.map((data, i) => ({ key: String(i), data })),
  )
  const logs = await job.settled(LINES + 3)
  const expected = await checkBatches(job, logs, foldWordCount, { prefixes: ['counts'], states: { counts: (count) => count } })

  // It came to rest in silence: the window has emptied, and said so.
  expect(logs.receivers.size).toBe(3)
  expect(expected.at(-1)).toMatchObject({ lines: { counts: [] }, state: { counts: new Map() } })
  expect([...(await job.files()).keys()]).toContain(`counts-${expected.at(-1)?.time}/_SUCCESS`)
})

/** Lines of the manuals of aws-cdk-lib. */
function realLines(count: number): readonly string[] {
  const folder = 'node_modules/aws-cdk-lib'
  const lines = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('README.md'))
    .sort()
    .flatMap((file) => readFileSync(`${folder}/${file}`, 'utf8').split('\n'))
    .filter((line) => line !== '')
  expect(lines.length).toBeGreaterThanOrEqual(count)
  return lines.slice(0, count)
}
