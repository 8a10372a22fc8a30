import { createApp } from '../../api/create-app.ts';
import { openApiDocument } from '../../api/routes/docs.ts';
import { createRegistry } from '../../metrics/registry.ts';
import { readVersion } from '../../version.ts';

/** `opsconductor openapi`: the document is made from the routes alone; nothing is connected. */
export const openapi = async (): Promise<void> => {
  const nothing = {} as never;
  const app = createApp({
    services: nothing,
    feed: nothing,
    hub: nothing,
    readiness: nothing,
    log: nothing,
    metrics: createRegistry(),
    edge: { trustedProxies: [], corsOrigins: [] },
    version: readVersion(),
  });
  process.stdout.write(`${JSON.stringify(openApiDocument(app, readVersion()), null, 2)}\n`);
};
