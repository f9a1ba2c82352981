import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Definition } from '../../resource-interface/definition.ts'
import { type InterfaceRef, selectInterface } from '../../resource-interface/select.ts'

const test = suite('selection of a ResourceInterface')

function definition(name: string, category: string, more: Partial<Definition> = {}): Definition {
  return {
    name,
    category,
    schemaVersion: 1,
    params: [],
    attributes: [],
    workspaces: [],
    mergesConnectors: false,
    ...more,
  }
}

function classOf(name: string, ...interfaces: string[]) {
  const labels = interfaces.map(one => [`resourceinterface.connectors.cpaas.io/${one}`, 'true'])
  return { metadata: { name, labels: Object.fromEntries(labels) } }
}

const params = [{ name: 'project', type: 'string' }] as const
const definitions = [
  definition('github', 'Git'),
  definition('git', 'Git'),
  definition('git-next', 'Git', { schemaVersion: 2 }),
  definition('harbor', 'OCI', { params }),
  definition('oci', 'OCI'),
  definition('future', 'Future', { schemaVersion: 2 }),
]
const git = classOf('git', 'git', 'git-next')
const github = classOf('github', 'git', 'github', 'git-next')
const harbor = classOf('harbor', 'harbor', 'oci')
const odd = { metadata: { name: 'odd', labels: { 'resourceinterface.connectors.cpaas.io/git': 'yes' } } }

const choices: readonly [InterfaceRef, ReturnType<typeof classOf>[], string][] = [
  [{ name: 'git' }, [git], 'git'],
  [{ name: 'github' }, [github], 'github'],
  [{ name: 'github' }, [git], 'interface.name InterfaceUnsupported'],
  [{ name: 'github' }, [github, git], 'interface.name InterfaceUnsupported'],
  [{ name: 'git' }, [odd], 'interface.name InterfaceUnsupported'],
  [{ name: 'git' }, [{ metadata: { name: 'bare' } } as typeof git], 'interface.name InterfaceUnsupported'],
  [{ name: 'git-next' }, [git], 'interface.name InterfaceUnsupported'],
  [{ name: 'nope' }, [git], 'interface.name InterfaceNotFound'],
  [{ category: 'Git' }, [git], 'git'],
  // Equals: the one that asks for least, then the first by name.
  [{ category: 'Git' }, [github], 'git'],
  [{ category: 'OCI' }, [harbor], 'oci'],
  [{ category: 'Git' }, [github, git], 'git'],
  [{ category: 'OCI' }, [git], 'interface.category InterfaceUnsupported'],
  [{ category: 'Git' }, [git, harbor], 'interface.category InterfaceUnsupported'],
  [{ category: 'Future' }, [classOf('x', 'future')], 'interface.category InterfaceUnsupported'],
  [{ category: 'Nope' }, [git], 'interface.category InterfaceNotFound'],
  [{}, [git], 'interface Invalid'],
  [{ name: 'git', category: 'Git' }, [git], 'interface Invalid'],
]

for (const [ref, classes, expected] of choices) {
  test(`${JSON.stringify(ref)} with ${classes.map(one => one.metadata.name).join(', ')}: ${expected}`, () => {
    for (const candidates of [definitions, [...definitions].reverse()]) {
      const selection = selectInterface(ref, { definitions: candidates, classes: [...classes].reverse() })
      const [problem] = selection.problems
      assert.is(problem ? `${problem.field} ${problem.reason}` : selection.definition?.name, expected)
    }
  })
}

test.run()
