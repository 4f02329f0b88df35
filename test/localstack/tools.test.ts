// The tools as a user calls them: the real command line, on a job that is deployed. Shapes are compared, not figures.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aws_kinesis as kinesis } from 'aws-cdk-lib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LambdaControl } from '../../lib/aws/lambda-control.ts'
import type { JobStatus } from '../../lib/tools/job-status.ts'
import { runCli, startCli, startNode, type Ended } from '../embedded/cli.ts'
import { deployStack, type DeployedStack } from './deploy-stack.ts'
import { eventually } from './eventually.ts'

const JOB = 'first-words'
const WORDS = ['to', 'be', 'or', 'not']

let stack: DeployedStack<'FirstWords'>
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-tools-'))
  stack = await deployStack('Tools', (scope) => ({
    FirstWords: { entry: 'test/localstack/jobs/first-words.ts', streams: { lines: new kinesis.Stream(scope, 'Lines', { shardCount: 2 }) } },
  }))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await stack.jobs.FirstWords.report()
  await stack.destroy()
})

/** Runs `millrace ARGS --local`, whose output is a pipe. */
async function millrace(args: string, stdin = ''): Promise<Ended> {
  return runCli([...args.split(' '), '--local'], { stdin })
}

async function output(args: string, stdin = '', exitCode = 0): Promise<string> {
  const { code, stdout, stderr } = await millrace(args, stdin)
  expect({ code, stderr }).toEqual({ code: exitCode, stderr: '' })
  return stdout
}

/** Waits until status says what is wanted. */
async function statusWith(what: string, is: (status: JobStatus) => boolean): Promise<JobStatus> {
  return eventually(what, async () => {
    const { code, stdout, stderr } = await millrace(`status ${JOB} --json`)
    const status = JSON.parse(stdout) as JobStatus
    expect({ code, stderr }).toEqual({ code: status.stuck === null ? 0 : 3, stderr: '' })
    if (is(status)) return status
    throw new Error(JSON.stringify(status))
  })
}

const atRest = ({ batch, shards, nextMs }: JobStatus): boolean =>
  batch !== null && batch.finishedMs !== null && nextMs === null && shards.every(({ entriesNotTaken }) => entriesNotTaken === 0)
const keysOf = ({ tasks }: JobStatus): number => tasks.reduce((sum, { keys }) => sum + (keys ?? NaN), 0)

test('a job that is new, watched, fed, paused, resumed, rolled back, stuck and skipped', async () => {
  expect(await output(`status ${JOB}`)).toMatch(
    /^first-words: no batch yet\nnext: waits for the first records\nstream lines: Enabled.*\nqueue ticks: Enabled.*\n(queue tasks: Enabled.*\n)?dead letters 0\nstuck batches 0\n$/,
  )

  const watch = startCli(['watch', JOB, '--local', '--json', '--for', '280s'])
  await eventually('watch is there', async () => (watch.stdout().includes('"watching"') ? true : undefined))

  const file = join(folder, 'lines.txt')
  writeFileSync(file, Array.from({ length: 1_000 }, (_, i) => `${WORDS[i % 4]} ${i}\n`).join(''))
  expect(await output(`produce ${JOB} --input ${file}`)).toMatch(/^( 1 000 records .*\n)*1 000 records in \d+(\.\d)? s, 2 shards, 0 retried\n$/)

  const fed = await statusWith('the lines are counted', (status) => status.shards.length === 2 && atRest(status) && keysOf(status) === WORDS.length)
  expect(fed).toMatchObject({ job: JOB, deadLetters: 0, stuck: null, warnings: [] })
  expect(fed.shards.map(({ stream, lastRecordMs }) => [stream, typeof lastRecordMs])).toEqual([
    ['lines', 'number'],
    ['lines', 'number'],
  ])
  const plain = await output(`status ${JOB}`)
  expect(plain).toMatch(/^first-words: batch \d+ {2}\S+Z {2}finished \d+(\.\d)? s after its end, 4 keys, \S+ k?B\nnext: waits for records\n/)
  expect(plain).toMatch(/^shard lines\/shardId-000000000001: last record \S+Z, behind (idle|\d+(\.\d)? s), entries not taken 0$/m)
  expect(plain).toMatch(/^task \S+\/0: batch \d+, keys \d, state \S+ k?B, last snapshot at batch \d+$/m)

  const total = async (word: string, n: number): Promise<unknown> =>
    eventually(`watch shows ${n} times ${word}`, async () => (watch.stdout().includes(`{\\"word\\":\\"${word}\\",\\"total\\":${n}}`) ? true : undefined))
  await total('to', 250)

  // What comes while the job is paused waits in the stream.
  expect(await output(`pause ${JOB}`)).toMatch(/^stream lines: off\nqueue ticks: off\n(queue tasks: off\n)?first-words is paused\n$/)
  expect(await output(`pause ${JOB}`)).toBe('first-words is paused already: nothing to switch\n')
  expect(await output(`produce ${JOB} --input -`, 'to 1000\nto 1001')).toMatch(/^2 records in .* s, [12] shards?, 0 retried\n$/)
  expect((await statusWith('it is paused', () => true)).warnings).toEqual(['paused: lines, ticks are switched off; millrace resume first-words switches on'])
  expect(await output(`resume ${JOB}`)).toMatch(/^stream lines: on\nqueue ticks: on\n(queue tasks: on\n)?first-words is resumed\n$/)
  await total('to', 252)

  // CloudFormation rolls back: the functions have a lower number than the logs, and stop until that is mended.
  const { deploys } = await statusWith('it is at rest', atRest)
  for (const { name } of [stack.jobs.FirstWords.receive, stack.jobs.FirstWords.run]) await new LambdaControl().setVariable(name, 'MILLRACE_DEPLOY', '1')
  await output(`produce ${JOB} --input -`, 'to 1002')
  expect((await statusWith('it is rolled back', ({ warnings }) => warnings.length > 0)).warnings[0]).toMatch(
    /^deploy \d+ has written the newest batch, and 1 is what is deployed: the functions stop until millrace rollback first-words makes theirs the newest$/,
  )
  expect(await output(`rollback ${JOB}`)).toMatch(/^first-words: the code that is deployed now is deploy \d+, the newest; its number was \d+\n$/)
  const after = (await statusWith('it has new numbers', () => true)).deploys
  expect(after.receive).toBe(after.run)
  expect(after.run).toBeGreaterThan(deploys.run)
  await total('to', 253)

  // The new number works, and what stops the batch can be skipped; all else of it is there.
  expect((await millrace(`skip ${JOB}`)).stderr).toMatch(/^millrace: no operator has failed in the newest batch of job 'first-words': there is nothing to skip/)
  await output(`produce ${JOB} --input -`, 'bad')
  const stuck = await statusWith('it is stuck', (status) => status.stuck !== null)
  expect(stuck.stuck).toMatchObject({ operator: 'shop', skipped: false, why: expect.stringContaining('the shop is closed') })
  expect(await output(`status ${JOB}`, '', 3)).toMatch(
    /^batch \d+ of \S+Z is stuck: task \S+ failed once: operator 'shop' .*the shop is closed.*\n.*millrace skip first-words$/m,
  )
  // The shop is closed still: a retry fails as it did.
  expect(await output(`retry ${JOB}`, '', 1)).toMatch(
    /^task \S+ failed once: .*\nthe batch of \S+Z is tried again\nbatch \d+ is stuck again: task \S+ failed: .*the shop is closed.*\n$/,
  )
  expect(await output(`skip ${JOB}`)).toMatch(
    /^task \S+ failed \d times: operator 'shop' .*the shop is closed.*\nthe batch of \S+Z goes on without operator 'shop'\nbatch \d+ is finished\n$/,
  )
  await total('bad', 1)
  await statusWith('it is at rest again', (status) => atRest(status) && status.stuck === null && keysOf(status) === WORDS.length + 1)
  const skipped = [...(await stack.jobs.FirstWords.files())].filter(([name, content]) => name.endsWith('/_SUCCESS') && content.includes('"skipped":["shop"]'))
  expect(skipped).toHaveLength(1)

  // Until a time it is left out of every batch.
  await output(`produce ${JOB} --input -`, 'bad')
  await statusWith('it is stuck once more', (status) => status.stuck !== null)
  const until = new Date(Date.now() + 3_600_000).toISOString()
  expect(await output(`skip ${JOB} --until ${until}`)).toMatch(
    new RegExp(`^task .*\\nthe batch of \\S+Z and all before ${until} go on without operator 'shop'\\nbatch \\d+ is finished\\n$`),
  )
  await output(`produce ${JOB} --input -`, 'bad')
  await total('bad', 3)
  const standing = await statusWith('it is at rest with the shop left out', (status) => atRest(status) && status.stuck === null)
  expect(standing.warnings).toEqual([`batches before ${until} go on without 'shop', which was skipped on command`])

  // A bad record is shown with the place in the program, as it is there and not in the bundle.
  await output(`produce ${JOB} --input -`, 'bomb')
  await statusWith('there is a dead letter', ({ deadLetters }) => deadLetters === 1)
  const line =
    readFileSync('test/localstack/jobs/first-words.ts', 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('no bombs')) + 1
  const letters = await output(`dead ${JOB}`)
  expect(letters).toMatch(
    new RegExp(`^ +1 +\\S+Z +mapToPair-\\S+ +RangeError: no bombs \\(\\S*test/localstack/jobs/first-words\\.ts:${line}:\\d+\\) +rec/lines/\\S+$`, 'm'),
  )
  const [, id] = /(rec\/lines\/\S+)$/m.exec(letters)!
  expect(JSON.parse(await output(`dead ${JOB} ${id} --json`))).toMatchObject({
    id,
    text: 'bomb',
    hex: Buffer.from('bomb').toString('hex'),
    error: { name: 'RangeError', message: 'no bombs' },
    position: { stream: 'lines', shard: expect.stringMatching(/^shardId-00000000000[01]$/) },
  })

  watch.process.kill()
  const events = (await watch.ended).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly event: string })
  expect(events.map(({ event }) => event)).toContain('stuck')
})

test('a stream that is no job is fed by its name', async () => {
  const name = stack.jobs.FirstWords.streamArn('lines').split('/').at(-1)
  expect(await output(`produce --stream ${name} --input - --partition-key user --rate 2 --json`, '{"user":"u1"}\n{"user":"u1"}\n{"user":"u1"}\n')).toMatch(
    /^\{"streams":\[\{"stream":"\S+","elapsedMs":\d.*"records":3,.*"shards":\["shardId-00000000000[01]"\]\}\]\}\n$/,
  )
})

test("Producer's example runs as it stands", async () => {
  const [, example = ''] = /@example\n([^]*?) \*\//.exec(readFileSync('lib/aws/producer.ts', 'utf8'))!
  const code = example.replaceAll(/^ \* ?/gm, '').replace("'lines'", `'${stack.jobs.FirstWords.streamArn('lines')}'`)
  expect(await startNode(['--conditions=millrace-source', '--input-type=module', '--eval', code]).ended).toMatchObject({ code: 0, stdout: '2 0\n' })
})

test.each<[what: string, args: string, message: RegExp]>([
  ['a job that is not there', 'status nope', /^millrace: there is no job 'nope' in LocalStack \(http.*us-east-1\); there (is|are) .*first-words/],
  ['a stream that is not there', 'produce --stream nope --input LICENSE', /^millrace: there is no stream nope in us-east-1/],
  ['an input that does not say its stream', `produce ${JOB} --input x=LICENSE`, /^millrace: --input x=LICENSE cannot be read/],
])('%s is an error', async (_what, args, message) => {
  const { code, stdout, stderr } = await millrace(args)
  expect(stderr).toMatch(message)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})
