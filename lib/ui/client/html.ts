import { h, type VNode } from 'preact'
import htm from 'htm'

interface Htm {
  bind(h: unknown): (strings: TemplateStringsArray, ...values: unknown[]) => VNode
}

/** JSX without a build step. htm is not HTML: every element must be closed. */
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode = (htm as unknown as Htm).bind(h)
