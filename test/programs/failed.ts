import type { Program } from './operator.ts'

/** Programs that failed once, mended since. As data: a seed makes another one as soon as there is an operator more. */
export const FAILED: readonly Program[] = [
  // A batch between two windows put to sleep what runs in every batch.
  {
    seed: 1000738,
    batches: 11,
    inputs: [
      {
        kind: 'queue',
        batches: [
          [],
          [],
          [['dog', 'cat']],
          [
            ['even', 'banana'],
            ['dog', 'ant'],
            ['cat', 'b a b'],
            ['ant', 'a'],
            ['banana', 'even'],
          ],
          [
            ['even', 'b a b'],
            ['ab', 'Zoe'],
          ],
          [
            ['cat', 'ab'],
            ['cat', 'a b'],
            ['x', 'a'],
            ['cat dog', 'x'],
          ],
          [
            ['cat dog', 'cat dog'],
            ['', 'b a b'],
            ['ab', 'ab'],
          ],
          [
            ['even', 'dog'],
            ['x', 'even'],
            ['dog', ''],
            ['Zoe', 'cat'],
            ['b', 'x'],
            ['ab', 'ant'],
          ],
          [
            ['a b', 'cat dog'],
            ['cat', 'banana'],
            ['even', 'x'],
            ['dog', 'b'],
            ['b a b', 'even'],
          ],
          [['ant', 'b']],
          [
            ['b', 'ant'],
            ['Zoe', 'cat'],
            ['even', 'b'],
          ],
        ],
        bad: [],
      },
    ],
    nodes: [
      { op: 'input', of: [], form: '0' },
      { op: 'count', of: [0] },
      { op: 'filter', of: [1], fn: 'even' },
      { op: 'reduce', of: [2], fn: 'min' },
      { op: 'reduceByWindow', of: [3], window: 2, slide: 3, fn: 'min', form: 'plain' },
      { op: 'filter', of: [4], fn: 'even' },
    ],
    outputs: [
      { node: 5, kind: 'json' },
      { node: 0, kind: 'json' },
      { node: 4, kind: 'json' },
    ],
  },
]
