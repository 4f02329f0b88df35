// A function that returns one of several types: the result is their union.
import { defineJob, seconds, text, type State } from 'millrace'
defineJob({ name: 't', batchInterval: seconds(1) }, (ssc) => {
  const w = ssc.kinesisStream('l', text())
  const m = w.map((x) => (x.length > 3 ? x : 1))
  m.map((x): string | number => x)
  const p = w.mapToPair((x) => [x, 1]).mapValues((n) => (n > 1 ? 'a' : n))
  p.map(([, x]): string | number => x)
  const u = w.mapToPair((x) => [x, 1]).updateStateByKey((n, s: string | number | undefined) => (n.length > 0 ? 'a' : 1))
  u.map(([, x]): string | number => x)
  const s = w.mapToPair((x) => [x, 1]).mapWithState((k, n, st: State<number>) => (n === undefined ? k : st.get()))
  s.map((x): string | number => x)
  const s2 = w
    .mapToPair((x) => [x, 1])
    .mapWithState((k, n, st: State<number>) => {
      if (n === 1) return undefined
      if (n === 2) return null
      return st.get() > 1 ? { k } : { n }
    })
  s2.map((x): { k: string } | { n: number | undefined } | null => x)
  const r = w.transform((rdd) => rdd.map((x) => (x.length > 3 ? x : 1)))
  r.map((x): string | number => x)
  const c = w
    .mapToPair((x) => [x, 1])
    .combineByKey(
      (n) => (n > 1 ? 'a' : n) as string | number,
      (a) => a,
      (a) => a,
    )
  c.map(([, x]): string | number => x)
})
