/** The main job on the data of `npm start`, as the arguments of `millrace run`. */
export const FLIGHTS: readonly string[] = [
  'functions/worst-airports.ts',
  '--input',
  'node_modules/vega-datasets/data/flights-20k.json',
  '--key',
  'origin',
  '--time',
  'date',
  '--time-scale',
  '86400',
]
