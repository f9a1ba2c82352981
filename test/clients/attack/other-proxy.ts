// Another proxy of the attacked cluster, with settings that `connectors dev` does not offer.
import { withComponent } from '../../helpers/component.ts'
import { waitFor } from '../../helpers/poll.ts'
import type { Attacked } from './system.ts'

export type OtherProxy = {
  /** `host:port` */
  readonly host: string
}

export function withOtherProxy(
  system: Pick<Attacked, 'instance'>,
  flags: readonly string[],
  use: (proxy: OtherProxy) => Promise<void>,
): Promise<void> {
  const args = ['--listen=127.0.0.1:0', `--kubeconfig=${system.instance.run.kubeconfig}`, ...flags]
  return withComponent('proxy', args, async component => {
    await waitFor(async () => (await component.ask('/readyz')).startsWith('200'), { timeoutMs: 20_000 })
    const { url } = component.lines().find(({ url }) => url !== undefined) as unknown as {
      readonly url: string
    }
    await use({ host: new URL(url).host })
  })
}
