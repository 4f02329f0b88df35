import { expect, it } from 'vitest'
import { messageGroup } from '../../lib/aws/message-group.ts'

const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
const HASH = /^[0-9a-f]{64}$/

it.each([
  ['a key that may be one', 'user-29', /^user-29$/],
  ['no key', undefined, /^-$/],
  ['a key with a space', 'word 29', HASH],
  ['a key of other letters', 'Köln', HASH],
  ['a key that is empty', '', HASH],
  ['a key that is too long', 'x'.repeat(129), HASH],
])('the message group of %s', (_what, key, group) => {
  expect(messageGroup(key)).toMatch(group)
})

it('is the key where it is all punctuation, and another for each key', () => {
  expect(messageGroup(PUNCTUATION)).toBe(PUNCTUATION)
  expect(messageGroup('word 1')).not.toBe(messageGroup('word 2'))
})
