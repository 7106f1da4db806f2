// The endpoints of a source, their references resolved: one that cannot be stands in no other's way.
import type { SourceConfig } from "../../model/config.ts";
import type { Endpoint } from "../../sources/port.ts";
import type { Secrets } from "../deps.ts";

export function createEndpoints(secrets: Secrets): (source: SourceConfig) => Promise<Endpoint[]> {
  return ({ targets = [] }) =>
    Promise.all(
      targets.flatMap(({ endpoint, ...target }) => (endpoint === undefined ? [] : [resolved({ target, ...endpoint })])),
    );

  async function resolved(endpoint: Endpoint & { url: string }): Promise<Endpoint> {
    try {
      const { header } = await secrets.resolveDeep({ header: endpoint.header });
      const url = usable(await secrets.resolve(endpoint.url), endpoint.target.id);
      // Whatever goes with an address may be secret; where it leads is shown.
      await secrets.resolveDeep({ password: [url.password, ...url.searchParams.values()] });
      return { ...endpoint, url: url.href, header };
    } catch (error) {
      return { ...endpoint, url: error as Error };
    }
  }
}

function usable(text: string, id: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Error(`the address of ${id} is no http(s) address: check the variable or file it comes from`);
  }
  return url;
}
