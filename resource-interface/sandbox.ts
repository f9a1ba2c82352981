// The engine that runs expressions.
export type Evaluation =
  | { readonly value: unknown }
  | {
      readonly reason: 'ExpressionInvalid' | 'ExpressionFailed' | 'ExpressionUndefined' | 'ExpressionLimit'
      readonly message: string
    }

/** Variables that an expression sees by name. */
export type Variables = Readonly<Record<string, unknown>>

/** Synchronous once it is there. `createEvaluator(): Promise<Evaluator>` loads the engine. */
export interface Evaluator {
  /** The value of a JavaScript expression, as JSON would keep it. */
  evaluate(expression: string, variables: Variables): Evaluation
  /** Why it is no JavaScript expression; undefined when it is one. Nothing runs. */
  syntaxError(expression: string): string | undefined
}

export declare function createEvaluator(): Promise<Evaluator>
