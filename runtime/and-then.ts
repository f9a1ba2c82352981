// Steps that may wait: a value that is there is used at once, so that a path that finds everything in memory costs
// no promise, and each step is written once.

export type MaybePromise<T> = T | Promise<T>

export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** What `step` gives, or where it throws or rejects, what `recover` makes of that. */
export function attempt<T, U>(
  step: () => MaybePromise<T>,
  recover: (error: unknown) => MaybePromise<U>,
): MaybePromise<T | U> {
  try {
    const value = step()
    return value instanceof Promise ? value.catch(recover) : value
  } catch (error) {
    return recover(error)
  }
}
