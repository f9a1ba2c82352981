import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type ConditionStatus,
  conditionsFromFindings,
  isTrue,
  readyFinding,
} from '../../connector/condition.ts'

const test = suite('connector/condition')
const finding = (type: string, status: ConditionStatus, reason = type) => ({
  type,
  status,
  reason,
  message: `m ${type}`,
})

test('Ready is True when all are, False when one is, else Unknown, with the words of the first that is not', () => {
  for (const [statuses, status, reason] of [
    [[], 'True', 'Ready'],
    [['True', 'True'], 'True', 'Ready'],
    [['True', 'False'], 'False', 'B'],
    [['Unknown', 'False'], 'False', 'A'],
    [['True', 'Unknown'], 'Unknown', 'B'],
  ] as const) {
    const ready = readyFinding(statuses.map((value, at) => finding('AB'[at] ?? '', value)))
    assert.equal([ready.type, ready.status, ready.reason], ['Ready', status, reason])
  }
})

test('a transition time moves only with the status', () => {
  const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']
  const previous = [{ ...finding('A', 'True', 'Old'), lastTransitionTime: early }, finding('C', 'True')]
  const findings = [finding('A', 'True'), finding('B', 'True'), finding('C', 'True')]
  assert.equal(
    conditionsFromFindings(findings, previous, late).map(({ reason, lastTransitionTime }) => [
      reason,
      lastTransitionTime,
    ]),
    [
      ['A', early],
      ['B', late],
      ['C', late],
    ],
  )
  const [changed] = conditionsFromFindings([finding('A', 'False')], previous, late)
  assert.is(changed?.lastTransitionTime, late)
  assert.equal([isTrue(previous, 'A'), isTrue(previous, 'B'), isTrue(undefined, 'A')], [true, false, false])
})

test.run()
