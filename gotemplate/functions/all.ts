// Every function there is, for whoever trusts the templates with keys and passwords too.
import type { FunctionMap } from '../function.ts'
import { cryptoFunctions } from './crypto.ts'
import { standardFunctions } from './standard.ts'

export const functions: FunctionMap = new Map([...standardFunctions, ...cryptoFunctions])
