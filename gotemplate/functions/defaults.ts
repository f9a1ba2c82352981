// Defaults and choices, flow, and Helm's functions that run templates.
import type { TemplateFunction } from '../function.ts'
import { any, bool, define, FunctionError, string, variadic } from '../function.ts'
import { isEmpty } from './emptiness.ts'

// A message that is no literal of the template can hold data.
const hiddenMessage = 'the message was computed and is not shown'

export const defaults: Readonly<Record<string, TemplateFunction>> = {
  default: variadic([any], any, (_, fallback, ...given) =>
    isEmpty(given[0]) ? fallback : (given[0] ?? null),
  ),
  empty: define([any], (_, value) => isEmpty(value)),
  coalesce: variadic([], any, (_, ...values) => values.find(value => !isEmpty(value)) ?? null),
  all: variadic([], any, (_, ...values) => values.every(value => !isEmpty(value))),
  any: variadic([], any, (_, ...values) => values.some(value => !isEmpty(value))),
  ternary: define([any, any, bool], (_, yes, no, test) => (test ? yes : no)),

  fail: define([string], (_, message) => {
    throw new FunctionError(message, hiddenMessage)
  }),
  required: define([string, any], (_, message, value) => {
    if (value === null || value === '') throw new FunctionError(message, hiddenMessage)
    return value
  }),
  include: define([string, any], (call, name, data) => call.include(name, data)),
  tpl: define([string, any], (call, text, data) => call.tpl(text, data)),
}
