import type { Key } from './key.ts'

type Primitive = Exclude<Key, readonly unknown[]>

/** A place in the trie of tuples. `key` is there when a tuple ends here. */
class TrieNode<V> {
  children: Map<Primitive | symbol, TrieNode<V>> | undefined = undefined
  key: Key | undefined = undefined
  value: V | undefined = undefined
}

// A tuple within a tuple is written into the trie between these: no key can be a symbol.
const OPEN = Symbol('[')
const CLOSE = Symbol(']')

/**
 * A Map whose keys are compared by value. Primitives live in a native Map as they are, tuples in a trie of Maps: no key is ever turned into a text.
 * Iterates over the primitives in the order of insertion, then over the tuples, grouped by their first element, then by the second, and so on.
 */
export class KeyMap<V> implements Iterable<[Key, V]> {
  #primitives = new Map<Primitive, V>()
  #tuples: TrieNode<V> = new TrieNode<V>()
  #tupleCount = 0

  constructor(entries: Iterable<readonly [Key, V]> = []) {
    for (const [key, value] of entries) this.set(key, value)
  }

  get size(): number {
    return this.#primitives.size + this.#tupleCount
  }

  get(key: Key): V | undefined {
    return isTuple(key) ? this.#find(key)?.value : this.#primitives.get(key)
  }

  has(key: Key): boolean {
    return isTuple(key) ? this.#find(key)?.key !== undefined : this.#primitives.has(key)
  }

  set(key: Key, value: V): this {
    if (!isTuple(key)) {
      this.#primitives.set(key, value)
      return this
    }
    const node = grow(this.#tuples, key)
    if (node.key === undefined) {
      node.key = key
      this.#tupleCount++
    }
    node.value = value
    return this
  }

  /** Returns whether the key was there. */
  delete(key: Key): boolean {
    if (!isTuple(key)) return this.#primitives.delete(key)
    const path = tokens(key)
    const nodes = [this.#tuples]
    let node: TrieNode<V> | undefined = this.#tuples
    for (const token of path) {
      node = node.children?.get(token)
      if (node === undefined) return false
      nodes.push(node)
    }
    if (node.key === undefined) return false
    node.key = undefined
    node.value = undefined
    this.#tupleCount--
    // Nodes that lead nowhere would pile up over the life of a state.
    for (let i = path.length; i > 0 && nodes[i]?.key === undefined && nodes[i]?.children === undefined; i--) {
      const parent = nodes[i - 1]
      parent?.children?.delete(path[i - 1] as Primitive | symbol)
      if (parent?.children?.size === 0) parent.children = undefined
    }
    return true
  }

  clear(): void {
    this.#primitives.clear()
    this.#tuples = new TrieNode<V>()
    this.#tupleCount = 0
  }

  [Symbol.iterator](): IterableIterator<[Key, V]> {
    return this.#tupleCount === 0 ? (this.#primitives.entries() as IterableIterator<[Key, V]>) : this.#both()
  }

  entries(): IterableIterator<[Key, V]> {
    return this[Symbol.iterator]()
  }

  *keys(): IterableIterator<Key> {
    for (const [key] of this) yield key
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this) yield value
  }

  *#both(): Generator<[Key, V], undefined> {
    yield* this.#primitives.entries()
    yield* walk(this.#tuples)
  }

  #find(key: readonly Key[]): TrieNode<V> | undefined {
    return follow(this.#tuples, key)
  }
}

function isTuple(key: Key): key is readonly Key[] {
  return typeof key === 'object' && key !== null
}

function follow<V>(from: TrieNode<V> | undefined, key: readonly Key[]): TrieNode<V> | undefined {
  let node = from
  for (let i = 0; i < key.length; i++) {
    const part = key[i] as Key
    if (isTuple(part)) node = follow(node?.children?.get(OPEN), part)?.children?.get(CLOSE)
    else node = node?.children?.get(part)
    if (node === undefined) return undefined
  }
  return node
}

function grow<V>(from: TrieNode<V>, key: readonly Key[]): TrieNode<V> {
  let node = from
  for (let i = 0; i < key.length; i++) {
    const part = key[i] as Key
    node = isTuple(part) ? child(grow(child(node, OPEN), part), CLOSE) : child(node, part)
  }
  return node
}

function child<V>(node: TrieNode<V>, token: Primitive | symbol): TrieNode<V> {
  node.children ??= new Map<Primitive | symbol, TrieNode<V>>()
  let next = node.children.get(token)
  if (next === undefined) node.children.set(token, (next = new TrieNode<V>()))
  return next
}

function tokens(key: readonly Key[]): (Primitive | symbol)[] {
  return key.flatMap((part) => (isTuple(part) ? [OPEN, ...tokens(part), CLOSE] : [part]))
}

/** One generator with a stack: generators within generators would cost a call per level and entry. */
function* walk<V>(root: TrieNode<V>): Generator<[Key, V], undefined> {
  if (root.key !== undefined) yield [root.key, root.value as V]
  const stack = root.children === undefined ? [] : [root.children.values()]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { done, value: node } = top.next()
    if (done === true) {
      stack.pop()
      continue
    }
    if (node.key !== undefined) yield [node.key, node.value as V]
    if (node.children !== undefined) stack.push(node.children.values())
  }
}
