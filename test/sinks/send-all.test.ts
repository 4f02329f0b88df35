// Requests, what is sent again, and in which order.
import { describe, expect, it } from 'vitest'
import type { NotTaken, Outgoing, Send } from '../../lib/aws/outgoing.ts'
import { sendAll } from '../../lib/sinks/send-all.ts'

const message = (id: string, order?: string, bytes = 1): Outgoing => ({ id, order, body: id, bytes })
const signal = new AbortController().signal
const most = { messages: 3, bytes: 10 }

async function run(messages: readonly Outgoing[], answer: (ids: readonly string[], n: number) => readonly NotTaken[]): Promise<readonly (readonly string[])[]> {
  const requests: string[][] = []
  const refused: string[] = []
  const send: Send = async (some) => {
    const ids = some.map(({ id }) => id)
    requests.push(ids)
    return answer(ids, requests.length)
  }
  await sendAll(messages, { who: "sqs 'q'", most, send }, { signal, refused: ({ id }) => void refused.push(id) })
  return [...requests, ...(refused.length > 0 ? [['refused', ...refused]] : [])]
}

const again = (id: string): NotTaken => ({ id, why: 'Throttled', forever: false })

describe('messages', () => {
  it('are divided by number and bytes', async () => {
    const messages = [message('a'), message('b'), message('c'), message('d', undefined, 6), message('e', undefined, 6), message('f', undefined, 10)]
    expect(await run(messages, () => [])).toEqual([['a', 'b', 'c'], ['d'], ['e'], ['f']])
  })

  it('are sent again, those alone that were not taken', async () => {
    const messages = ['a', 'b', 'c', 'd'].map((id) => message(id))
    expect(await run(messages, (ids, n) => (n === 1 ? ids.slice(1).map(again) : []))).toEqual([['a', 'b', 'c'], ['d'], ['b', 'c']])
  })

  it('of one key wait for those before them, and keep their order when one fails', async () => {
    const messages = [message('a1', 'a'), message('b1', 'b'), message('a2', 'a'), message('a3', 'a'), message('b2', 'b')]
    expect(await run(messages, (ids, n) => (n === 1 ? [again('a1')] : []))).toEqual([['a1', 'b1'], ['a1', 'b2'], ['a2'], ['a3']])
  })

  it('that are never taken are left out, and those behind them go on', async () => {
    const messages = [message('a1', 'a'), message('a2', 'a')]
    expect(await run(messages, (ids) => (ids[0] === 'a1' ? [{ id: 'a1', why: 'too large', forever: true }] : []))).toEqual([['a1'], ['a2'], ['refused', 'a1']])
  })

  it('end in an error that says why when nothing is taken for long', { timeout: 30_000 }, async () => {
    await expect(run([message('a')], () => [again('a')])).rejects.toThrow("sqs 'q': 1 of 1 messages are not taken after 6 tries: Throttled")
  })

  it('stop where they are told to', async () => {
    const abort = new AbortController()
    const sending = sendAll([message('a')], { who: 'w', most, send: async () => [again('a')] }, { signal: abort.signal, refused: () => {} })
    abort.abort(new Error('time is up'))
    await expect(sending).rejects.toThrow(/aborted|time is up/)
  })
})
