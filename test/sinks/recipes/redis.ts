import type { Sink } from 'millrace'
import { createClient } from 'redis'

/** Redis runs a script as a whole: it compares, and writes. */
const SCRIPT = `
if tonumber(redis.call('get', KEYS[1]) or '-1') >= tonumber(ARGV[1]) then return 0 end
redis.call('set', KEYS[1], ARGV[1])
for i = 2, #ARGV do redis.call('rpush', KEYS[2], ARGV[i]) end
return 1`

/** Appends rows to a list of Redis, as JSON. It is as durable as the server: with appendfsync everysec a crash can lose a second. */
export function redisList(url: () => string, list: string, name: string = list): Sink<unknown> {
  const client = createClient({ url: url() })
  // It connects again by itself; a command that fails fails the batch, which is tried again.
  client.on('error', () => {})
  return {
    name,
    guarantee: 'exactly-once',
    open: async () => void (client.isOpen || (await client.connect())),
    write: async (rows, { job, run, partitions, partition, time }) => {
      const newest = ['millrace', job, run, name, partitions, partition].join('/')
      const values = rows.map((row) => JSON.stringify(row))
      await client.eval(SCRIPT, { keys: [newest, list], arguments: [String(time.milliseconds), ...values] })
    },
  }
}
