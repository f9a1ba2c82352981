// What is wrong with an interface or a choice, as data: nothing in this library throws for bad input.

export type ProblemReason =
  | 'Required'
  | 'Invalid'
  | 'InvalidType'
  | 'InvalidName'
  | 'Duplicate'
  | 'NotInEnum'
  | 'UnknownParam'
  | 'UnknownReference'
  | 'ExpressionInvalid'
  | 'ExpressionFailed'
  | 'ExpressionUndefined'
  | 'ExpressionLimit'
  | 'DescriptorInvalid'
  | 'InterfaceNotFound'
  | 'InterfaceUnsupported'
  | 'ConnectorRequired'
  | 'MergeNotAllowed'

export type Problem = {
  /** The place, as `spec.attributes[2].expression` in a definition or `params.revision` in a choice. */
  readonly field: string
  readonly reason: ProblemReason
  /** One line without the field, and without a period. */
  readonly message: string
}
