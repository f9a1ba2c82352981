// The rules of a schema, those that compare with the object before among them.
import { causes, mergePatch, type Section, unchecked, widget, widgets } from './words.ts'

const change = (spec: object, status: number, has?: object) => ({
  call: `PATCH ${widgets}/w`,
  type: mergePatch,
  body: { spec },
  status,
  ...(has === undefined ? {} : { has }),
})

export const ruleSections: readonly Section[] = [
  {
    name: 'rules of a schema',
    steps: [
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 3, low: 3 }),
        status: 422,
        has: {
          message:
            'Widget.contract.test "x" is invalid: spec.low: Forbidden: failed rule: !has(self.low) || self.low + 1 <= self.size',
          ...causes(['FieldValueForbidden', 'spec.low']),
        },
      },
      {
        call: `POST ${widgets}`,
        body: widget('w', { size: 3, low: 2, once: 'a', fixed: 'b', items: [{ name: 'i', role: 'r' }] }),
        status: 201,
      },
      change({ once: 'b' }, 422, {
        message: 'Widget.contract.test "w" is invalid: spec.once: Invalid value: "object": is set once',
        ...causes(['FieldValueInvalid', 'spec.once']),
      }),
      change({ once: null }, 422, causes(['FieldValueInvalid', 'spec.once'])),
      change({ fixed: 'c' }, 422, {
        message: 'Widget.contract.test "w" is invalid: spec.fixed: Invalid value: "string": is fixed',
      }),
      // A rule of a field is not asked when the field goes, nor when it comes.
      change({ fixed: null }, 200),
      change({ fixed: 'c' }, 200),
      change({ items: [{ name: 'i', role: 's' }] }, 422, {
        message:
          'Widget.contract.test "w" is invalid: spec.items[0]: Invalid value: "object": keeps its role',
      }),
      change({ items: [{ name: 'i' }] }, 422, {
        message:
          /spec.items\[0\]: Invalid value: "object": no such key: "?role"? evaluating rule: keeps its role/,
      }),
      change(
        {
          items: [
            { name: 'j', role: 's' },
            { name: 'i', role: 'r' },
          ],
        },
        200,
      ),
      change(
        { size: 12, once: null },
        422,
        causes(['FieldValueInvalid', 'spec.size'], ['FieldValueInvalid', 'spec.once']),
      ),
      change({ mode: 'z', once: null }, 422, causes(['FieldValueNotSupported', 'spec.mode'], unchecked)),
      change({ size: 4, once: 'a' }, 200),
      {
        call: `PATCH ${widgets}/w/status`,
        type: mergePatch,
        body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
        status: 200,
      },
      { call: `POST ${widgets}`, body: widget('late'), status: 201 },
      { ...change({ once: 'a' }, 200), call: `PATCH ${widgets}/late` },
      { ...change({ once: 'b' }, 422), call: `PATCH ${widgets}/late` },
    ],
  },
]
