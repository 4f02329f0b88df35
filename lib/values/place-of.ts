/** Where this package's own code is, in a checkout, installed, or under its names in a source map. */
const OWN =
  /[\\/](millrace[\\/](dist|lib|bin)|lib[\\/](values|codec|decode|sources|rdd|dstream|program|output|formats|sinks|state|plan|runtime|lambda|testing|embedded|aws|cdk|tools|cli))[\\/]/

/** Returns the file and line of the program that a stack begins with (`job.ts:12:5`), this package's own frames and those of Node and of packages left out; undefined: there is none. */
export function placeOf(stack: string): string | undefined {
  for (const line of stack.split('\n')) {
    const [, place] = /^\s+at (?:.*\()?((?:file:\/\/|\/|[A-Za-z]:[\\/]|\.\.?\/)[^()]*:\d+:\d+)\)?$/.exec(line) ?? []
    if (place === undefined || OWN.test(place) || place.includes('node_modules')) continue
    // What is deployed lies there: the rest is the file's name in the project.
    return place.replace(/^file:\/\//, '').replace(/^\/var\/task\//, '')
  }
  return undefined
}
