import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import type { TestPlatform } from './platform.ts';

/** The API of a test platform on a port, for clients that need one. */
export const servePlatform = (platform: TestPlatform): Promise<{ url: string } & AsyncDisposable> =>
  new Promise((resolve) => {
    const server: ServerType = serve({ fetch: platform.app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve({
        url: `http://127.0.0.1:${port}`,
        async [Symbol.asyncDispose]() {
          await new Promise((done) => {
            server.close(done);
            if ('closeAllConnections' in server) server.closeAllConnections();
          });
        },
      }),
    );
  });
