import type { Server } from 'node:http';
import { listen } from '../../src/cli/listen.ts';
import type { TestPlatform } from './platform.ts';

/** The API of a test platform on a port, for clients that need one, served as the command line serves it. @param port 0: any. */
export const servePlatform = async (platform: TestPlatform, port = 0): Promise<{ url: string } & AsyncDisposable> => {
  const { server, url } = await listen(platform.app.fetch, { host: '127.0.0.1', port });
  return {
    url,
    async [Symbol.asyncDispose]() {
      await new Promise((done) => {
        server.close(done);
        (server as Server).closeAllConnections();
      });
    },
  };
};
