import { describe, expect, it } from 'vitest'
import { ancestorsOf, waitsFor, type Ancestors } from '../../../lib/runtime/entries/ancestors.ts'

const list = (shards: Readonly<Record<string, readonly string[]>>): { shard: string; parents: readonly string[] }[] =>
  Object.entries(shards).map(([shard, parents]) => ({ shard, parents }))

describe('whom a list of shards shows as ancestors', () => {
  it.each<[string, Readonly<Record<string, readonly string[]>>, Ancestors | undefined]>([
    ['nobody, of a shard from the beginning', { x: [], a: [] }, { names: [], unlisted: [] }],
    ['parents and theirs', { x: ['p'], p: ['g'], g: [], other: ['g'] }, { names: ['p', 'g'], unlisted: [] }],
    ['both parents of a merge, each once', { x: ['p', 'q'], p: ['g'], q: ['g'], g: [] }, { names: ['q', 'g', 'p'], unlisted: [] }],
    ['a parent that is listed no more', { x: ['p'], other: ['p'] }, { names: ['p'], unlisted: ['p'] }],
    ['no answer, where the shard itself is missing', { other: [] }, undefined],
  ])('%s', (_, shards, expected) => {
    expect(ancestorsOf(list(shards), 'x')).toEqual(expected)
  })
})

describe('whom a shard waits for', () => {
  it.each<[string, Ancestors | undefined, readonly string[], readonly string[] | 'all']>([
    ['ancestors that are registered', { names: ['p', 'g'], unlisted: [] }, ['g', 'other'], ['g']],
    ['nobody, from the beginning', { names: [], unlisted: [] }, ['other'], []],
    ['all, where nobody could say', undefined, ['other'], 'all'],
    ['all, where the chain breaks off', { names: ['p', 'g'], unlisted: ['g'] }, ['p'], 'all'],
    ['a link that is registered: it speaks for those before it', { names: ['p', 'g'], unlisted: ['g'] }, ['g'], ['g']],
  ])('%s', (_, ancestors, registered, expected) => {
    expect(waitsFor(ancestors, (shard) => registered.includes(shard))).toEqual(expected)
  })
})
