// The recipes of docs/sinks.md that have a server here: the contract, and that the page shows what runs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFaultyLink, type SinkProcess, type SinkRow, type SinkSubject } from 'millrace/testing'
import mysql from 'mysql2/promise'
import { createClient } from 'redis'
import { expect, it } from 'vitest'
import { sinkContract } from '../contract.ts'
import { mariadb } from './mariadb.ts'
import { redisList } from './redis.ts'

const MARIADB = Number(process.env['MARIADB_PORT'] ?? 13306)
const REDIS = Number(process.env['REDIS_PORT'] ?? 16379)
const host = '127.0.0.1'
let targets = 0

const inMariadb: SinkSubject = {
  keeps: 'all',
  guarantee: 'exactly-once',
  target: async () => {
    const database = `t${process.pid}_${++targets}`
    const client = await mysql.createConnection({ host, port: MARIADB, user: 'root' })
    await client.query(`create database ${database}`)
    await client.query(`create table ${database}.totals (name varchar(20), n bigint)`)
    await client.end()
    return {
      open: async ({ fault, name } = {}): Promise<SinkProcess> => {
        const link = await openFaultyLink({ host, port: MARIADB }, fault)
        return {
          sink: mariadb(() => `mysql://root@${host}:${link.port}/${database}`, 'totals', name),
          reached: link.reached,
          resume: link.resume,
          close: link.close,
        }
      },
      read: async () => {
        const reader = await mysql.createConnection({ host, port: MARIADB, user: 'root', database })
        const [rows] = await reader.query<(mysql.RowDataPacket & { readonly name: string; readonly n: number })[]>('select name, n from totals')
        await reader.end()
        return rows.map(({ name, n }): SinkRow => [name, n])
      },
    }
  },
}
sinkContract('the recipe for MariaDB', inMariadb, 300_000)

const inRedis: SinkSubject = {
  keeps: 'all',
  guarantee: 'exactly-once',
  target: async () => {
    const list = `list-${process.pid}-${++targets}`
    return {
      open: async ({ fault, name } = {}): Promise<SinkProcess> => {
        const link = await openFaultyLink({ host, port: REDIS }, fault)
        return {
          sink: redisList(() => `redis://${host}:${link.port}`, list, `${name ?? 'sink'}-${list}`),
          reached: link.reached,
          resume: link.resume,
          close: link.close,
        }
      },
      read: async () => {
        const reader = await createClient({ url: `redis://${host}:${REDIS}` }).connect()
        const rows = await reader.lRange(list, 0, -1)
        await reader.close()
        return rows.map((row) => JSON.parse(row) as SinkRow)
      },
    }
  },
}
sinkContract('the recipe for Redis', inRedis, 300_000)

it.each(['mariadb', 'redis'])('the page shows the recipe for %s as it runs here', (name) => {
  const code = readFileSync(join(import.meta.dirname, `${name}.ts`), 'utf8')
  expect(readFileSync('docs/sinks.md', 'utf8')).toContain(code.trim())
})
