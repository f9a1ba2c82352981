// How clients are pointed at the files of a volume that is not their home folder.

const variables: Readonly<Record<string, string>> = {
  // In place of /etc/gitconfig: the user's own ~/.gitconfig, with their name, stays in force.
  '.gitconfig': 'GIT_CONFIG_SYSTEM',
}

export function clientEnvironment(path: string, files: readonly string[]): Readonly<Record<string, string>> {
  const found = files.flatMap(file => {
    const variable = Object.hasOwn(variables, file) ? variables[file] : undefined
    return variable === undefined ? [] : [[variable, `${path}/${file}`]]
  })
  return { ...Object.fromEntries(found), CONNECTORS_VOLUME: path }
}
