// An event that a decision asks for, about the object that the decision is about.
export type DecidedEvent = {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}
