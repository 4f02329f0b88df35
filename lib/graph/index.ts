// millrace/graph: graphs of batches and windows, with GraphX's rules, and components over all time.
export { connectedComponents, type Components } from './connected-components.ts'
export type { Edge, EdgeRow, EdgeTriplet } from './edge.ts'
export { graphOf } from './graph-of.ts'
export { Graph, type Direction, type EdgeContext, type GraphOptions } from './graph.ts'
export type { PregelOptions, PregelProgram } from './pregel.ts'
