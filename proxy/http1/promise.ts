// Decisions come at once where they can: only what is a promise is waited for.
export const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof (value as { then?: unknown }).then === 'function'
