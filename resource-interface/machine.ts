// QuickJS in WebAssembly as a machine: it stops when told, and its memory can be put back to what it was.
import variant from '@jitl/quickjs-singlefile-browser-release-sync'
import { newQuickJSWASMModuleFromVariant, type QuickJSWASMModule } from 'quickjs-emscripten-core'
import { embeddedWasm } from './embedded.ts'
import { fuelExport, meter, stackExport } from './meter.ts'

/** Turns of loops between two questions whether to go on. */
const turnsPerQuestion = 20_000
/** A run that has done less is not late: it is the computer that is busy with something else. */
const leastTurns = 2_000_000
/** Enough to come back from the host, and less than any expression needs to call it again. */
const turnsToReturn = 10
const pages = { initial: 256, maximum: 1024 }
/** What lies behind the last byte that is not zero may still belong to it. */
const imageMargin = 65_536
/** More than the engine's calls ever take of the stack. */
const stackDepth = 1 << 20

type Memory = { readonly buffer: ArrayBuffer }
type Global = { value: number }
type Instance = { readonly exports: Readonly<Record<string, unknown>> }
type Imports = Readonly<Record<string, object>>

/** What is used here of an API that servers and browsers have, but not the types of either alone. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => Memory
  compile(wasm: Uint8Array<ArrayBuffer>): Promise<object>
  instantiate(program: object, imports: Imports): Promise<Instance>
}

/** What `run` throws when its time is over. */
export class Overtime extends Error {}

export class Machine {
  readonly #memory = new WebAssembly.Memory(pages)
  #module: QuickJSWASMModule | undefined
  #fuel: Global = { value: 0 }
  #stack: Global = { value: 0 }
  #deadline = Number.POSITIVE_INFINITY
  #turns = 0
  #lent = false
  #data = new Uint8Array()
  #heap = new Uint8Array()
  #stackBase = 0

  static async load(): Promise<Machine> {
    const machine = new Machine()
    const loader = await loaderOf(variant)
    const { wasm, gauge } = meter(embeddedWasm(loader))
    const program = await WebAssembly.compile(wasm)
    const options = {
      wasmMemory: machine.#memory,
      // The engine would write its last words to the console.
      printErr: () => {},
      async instantiateWasm(imports: Imports, done: (instance: Instance) => void) {
        const namespace = { ...imports[gauge.module], [gauge.name]: () => machine.#answer() }
        const instance = await WebAssembly.instantiate(program, { ...imports, [gauge.module]: namespace })
        machine.#fuel = instance.exports[fuelExport] as Global
        machine.#stack = instance.exports[stackExport] as Global
        done(instance)
        return instance.exports
      },
    }
    const importModuleLoader = async () => () => loader(options)
    machine.#module = await newQuickJSWASMModuleFromVariant({ ...variant, importModuleLoader })
    return machine
  }

  get module(): QuickJSWASMModule {
    if (!this.#module) throw new Error('the machine is not loaded')
    return this.#module
  }

  /** Lets the machine work, throws `Overtime` when it does for too long, and forgets all that it did. */
  run<T>(timeMs: number, work: () => T): T {
    this.#deadline = performance.now() + timeMs
    this.#fuel.value = turnsPerQuestion
    this.#turns = 0
    try {
      return work()
    } finally {
      this.#deadline = Number.POSITIVE_INFINITY
      this.#restore()
    }
  }

  /**
   * Lets a run use a function of the host, which costs so many turns. Nothing is thrown meanwhile: what calls the function would make an
   * error of it that the expression could catch.
   */
  lend<T>(turns: number, work: () => T): T {
    this.#lent = true
    try {
      return work()
    } finally {
      this.#lent = false
      this.#turns += turns
      if (this.#isLate()) this.#fuel.value = turnsToReturn
    }
  }

  /** The fuel is empty: more of it, or the end of the run, wherever it is. */
  #answer(): void {
    this.#turns += turnsPerQuestion
    if (!this.#lent && this.#isLate()) throw new Overtime()
    this.#fuel.value = turnsPerQuestion
  }

  #isLate(): boolean {
    return this.#turns > leastTurns && performance.now() > this.#deadline
  }

  /**
   * Keeps the memory as it is now, from which each run starts: what lies below the stack (the program's own data) and above it (what it
   * allocated). The stack itself is empty between calls, and the free memory above is written before it is read.
   */
  keep(): void {
    const bytes = new Uint8Array(this.#memory.buffer)
    this.#stackBase = this.#stack.value
    if (this.#stackBase <= stackDepth || this.#stackBase > bytes.length) {
      throw new Error('the engine has its stack elsewhere than where its memory is kept')
    }
    this.#data = bytes.slice(0, endOfContent(bytes, this.#stackBase - stackDepth))
    this.#heap = bytes.slice(this.#stackBase, endOfContent(bytes, bytes.length))
  }

  #restore(): void {
    const bytes = new Uint8Array(this.#memory.buffer)
    bytes.set(this.#data)
    bytes.set(this.#heap, this.#stackBase)
    this.#stack.value = this.#stackBase
  }
}

type Variant = typeof variant
type Loader = (
  options: object,
) => ReturnType<Extract<Awaited<ReturnType<Variant['importModuleLoader']>>, () => unknown>>

async function loaderOf({ importModuleLoader }: Variant): Promise<Loader> {
  const loader = await importModuleLoader()
  return 'default' in loader ? (loader.default as Loader) : loader
}

function endOfContent(bytes: Uint8Array, before: number): number {
  let end = before
  while (end > 0 && bytes[end - 1] === 0) end--
  return Math.min(end + imageMargin, before)
}
