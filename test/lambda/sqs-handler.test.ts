import { describe, expect, it } from 'vitest'
import { parseMessage, serializeMessage } from '../../lib/lambda/message-json.ts'
import { sqsHandler } from '../../lib/lambda/sqs-handler.ts'
import type { Runtime } from '../../lib/runtime/create-runtime.ts'
import type { Message, TaskMessage } from '../../lib/runtime/ports/messages.ts'

const CONTEXT = { getRemainingTimeInMillis: (): number => 60_000 }
const TICK: Message = { kind: 'tick' }
const task = (partition: number): TaskMessage => ({ kind: 'task', batch: 3, stage: 'stage-1x4', partition, again: false })
const event = (...bodies: readonly (Message | string)[]) => ({
  Records: bodies.map((body, i) => ({ messageId: `m${i}`, eventSource: 'aws:sqs', body: typeof body === 'string' ? body : serializeMessage(body) })),
})

/** Takes down what it is asked; fails where told. */
function recorder(fails: (message: Message) => boolean = () => false): { readonly runtime: Runtime; readonly seen: Message[] } {
  const seen: Message[] = []
  return {
    seen,
    runtime: {
      receive: () => Promise.reject(new Error('not here')),
      invoke: () => Promise.reject(new Error('not here')),
      message: (message) => {
        seen.push(message)
        return fails(message) ? Promise.reject(new Error('it failed')) : Promise.resolve()
      },
    },
  }
}

describe('the handler of the run function', () => {
  it('takes many ticks as one', async () => {
    const { runtime, seen } = recorder()
    expect(await sqsHandler(runtime)(event(...Array.from({ length: 500 }, () => TICK)), CONTEXT)).toEqual({ batchItemFailures: [] })
    expect(seen).toEqual([TICK])
  })

  it('runs tasks one by one, before the tick', async () => {
    const { runtime, seen } = recorder()
    await sqsHandler(runtime)(event(TICK, task(1), TICK, task(0)), CONTEXT)
    expect(seen).toEqual([task(1), task(0), TICK])
  })

  it('hands back what failed, and only that', async () => {
    const { runtime, seen } = recorder((m) => m.kind === 'task' && m.partition === 1)
    const told: Message[] = []
    expect(await sqsHandler(runtime, { onError: (_, m) => told.push(m!) })(event(task(0), task(1), task(2), TICK), CONTEXT)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    })
    expect(seen).toHaveLength(4)
    expect(told).toEqual([task(1)])
  })

  it('hands back all ticks when theirs failed', async () => {
    const { runtime } = recorder((m) => m.kind === 'tick')
    expect(await sqsHandler(runtime)(event(TICK, task(0), TICK), CONTEXT)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm2' }] })
  })

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"kind":"other"}',
    '{"kind":"task"}',
    '{"kind":"task","batch":-1,"stage":"s","partition":0,"again":false}',
    '{"kind":"task","batch":1.5,"stage":"s","partition":0,"again":false}',
  ])('hands back the body %j, and does the rest', async (body) => {
    const { runtime, seen } = recorder()
    const errors: unknown[] = []
    expect(await sqsHandler(runtime, { onError: (error) => errors.push(error) })(event(TICK, body, task(0)), CONTEXT)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    })
    expect(seen).toEqual([task(0), TICK])
    expect(errors).toMatchObject([{ code: 'BAD_EVENT' }])
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a timer', { source: 'aws.events' }],
    ['Kinesis', { Records: [{ eventSource: 'aws:kinesis' }] }],
    ['no record', { Records: [null] }],
  ])('refuses an event of %s', async (_, bad) => {
    const { runtime, seen } = recorder()
    await expect(sqsHandler(runtime)(bad, CONTEXT)).rejects.toMatchObject({ code: 'BAD_EVENT' })
    expect(seen).toEqual([])
  })

  it.each<Message>([TICK, task(0), { ...task(63), again: true }])('reads what it writes: %j', (message) =>
    expect(parseMessage(serializeMessage(message))).toEqual(message),
  )
})
