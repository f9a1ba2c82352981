// Looks for a credential in everything that a running container holds, as whoever breaks into it would.
import { formsOf } from '../../helpers/secret-forms.ts'
import { type ExecTarget, exec, getObject } from './kubectl.ts'

/** Where the credential was found: files, environments and arguments of processes, and the pod's own definition. */
export async function findCredential(target: ExecTarget, secrets: readonly string[]): Promise<string[]> {
  const forms = secrets.flatMap(formsOf)
  const found = await exec(target, ['sh', '-euc', search], { input: `${forms.join('\n')}\n` })
  const definition = JSON.stringify(await getObject('pod', target.pod, target.namespace))
  const inDefinition = forms.some(form => definition.includes(form)) ? ['the definition of the pod'] : []
  return [...found.split('\n').filter(Boolean), ...inDefinition]
}

// The patterns come by standard input: as an argument they would be found in the search itself.
const search = `
patterns=/dev/shm/patterns.$$
cat >"$patterns"
for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do
  grep -qaFf "$patterns" "$file" 2>/dev/null && echo "$file"
done
find / \\( -path /proc -o -path /sys -o -path /dev \\) -prune -o -type f -readable -print0 |
  xargs -0 grep -laFf "$patterns" -- 2>/dev/null || true
rm "$patterns"
`
