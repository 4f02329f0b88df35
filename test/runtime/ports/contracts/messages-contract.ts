import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Message, Messages } from '../../../../lib/runtime/ports/messages.ts'
import { freshBatch, type Make } from './fixture.ts'

/** A Messages with its other end: `received` resolves to what has come out within the time, each message as often as it came. Real queues take real time. */
export interface Queue {
  readonly messages: Messages
  received(withinMs: number): Promise<readonly Message[]>
}

const task = (batch: number): Message => ({ kind: 'task', batch, stage: 'stage-1x4', partition: 3, again: true })

/** What every Messages must do. Messages may come twice and in any order, so that is not looked at. */
export function messagesContract(name: string, make: Make<Queue>): void {
  describe(`${name} is a Messages`, () => {
    let queue: Queue
    let close: () => Promise<void>
    beforeEach(async () => {
      const made = await make()
      queue = made.port
      close = made.close
    })
    afterEach(() => close())

    test('delivers ticks and tasks as they were sent', async () => {
      const batches = [freshBatch(), freshBatch()]
      const sent: Message[] = [{ kind: 'tick' }, ...batches.map(task), { kind: 'task', batch: batches[0]!, stage: 'µ/"x', partition: 0, again: false }]
      for (const message of sent) await queue.messages.send(message, 0)
      const received = await queue.received(5_000)
      for (const message of sent) expect(received).toContainEqual(message)
      for (const message of received) expect(sent).toContainEqual(message)
    })

    test('delays', async () => {
      const batch = freshBatch()
      await queue.messages.send(task(batch), 3_000)
      expect(await queue.received(1_000)).toEqual([])
      expect(await queue.received(8_000)).toContainEqual(task(batch))
    })

    test('takes delays that are no whole seconds, and such as lie in the past', async () => {
      const batches = [freshBatch(), freshBatch(), freshBatch()]
      await queue.messages.send(task(batches[0]!), 1)
      await queue.messages.send(task(batches[1]!), -5_000)
      await queue.messages.send(task(batches[2]!), 1_234.5)
      const received = await queue.received(8_000)
      for (const batch of batches) expect(received).toContainEqual(task(batch))
    })
  })
}
