// Go's slices are windows on an array, and `slice` may widen one up to its capacity: what lies behind shows.
import { FunctionError } from '../function.ts'
import type { GoType } from '../type.ts'
import { Bytes, List, type Value, zeroOf } from '../value.ts'

class Window extends List {
  /** What the array holds from the window's start on, as far as it is not empty. */
  readonly backing: readonly Value[]
  private readonly room: number

  constructor(type: GoType, backing: Value[], length: number, capacity: number) {
    super(type, backing.length === length ? backing : backing.slice(0, length))
    this.backing = backing
    this.room = capacity
  }

  override get capacity(): number {
    return this.room
  }
}

/** A list that Go makes by appending one element after the other, which doubles the capacity. */
export function grownList(type: GoType, items: Value[]): List {
  const { length } = items
  // Behind 512 elements growth slows down in steps that are not followed here.
  const capacity = length === 0 || length > 512 ? length : 2 ** Math.ceil(Math.log2(length))
  return new Window(type, items, length, capacity)
}

/** A list that Go makes with room for so many and appends to, which doubles the room when it is full. */
export function roomyList(type: GoType, items: Value[], room: number): List {
  let capacity = room
  while (capacity < items.length) capacity = Math.max(capacity * 2, 1)
  return new Window(type, items, items.length, capacity)
}

/** Go's reflect.Value.Slice. */
export function sliceList(list: List, from: number, to: number): List {
  const { capacity } = list
  if (from < 0 || to < from || to > capacity) {
    throw new FunctionError('reflect.Value.Slice: slice index out of bounds')
  }
  if (list instanceof Bytes) return new Bytes(list.bytes.subarray(from, to))
  const items = list instanceof Window ? list.backing : list.items()
  const backing = items.slice(from)
  while (backing.length < to - from) backing.push(zeroOf(list.type.elem ?? list.type))
  return new Window(list.type, backing, to - from, capacity - from)
}
