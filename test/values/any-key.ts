import fc from 'fast-check'
import type { Key } from '../../lib/values/key.ts'

const leaf: fc.Arbitrary<Key> = fc.oneof(
  fc.constantFrom<Key>('', 'a', 'b', '\0', '1', '__proto__', 'constructor', 0, -0, 1, NaN, 1n, 0n, -1n, null, true, false, []),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 3 }).map((units) => String.fromCharCode(...units)),
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
)

/** Any key; small ones come often, so that two of them are sometimes equal. */
export const anyKey: fc.Arbitrary<Key> = fc.letrec<{ key: Key }>((tie) => ({
  key: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('key'), { maxLength: 3 })),
})).key
