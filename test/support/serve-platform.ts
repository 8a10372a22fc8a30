import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import type { TestPlatform } from './platform.ts';

/** The API of a test platform on a port, for clients that need one. @param port 0: any. */
export const servePlatform = (platform: TestPlatform, at = 0): Promise<{ url: string } & AsyncDisposable> =>
  new Promise((resolve) => {
    const server: ServerType = serve({ fetch: platform.app.fetch, hostname: '127.0.0.1', port: at }, ({ port }) =>
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
