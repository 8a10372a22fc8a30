import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that the fake API got. */
export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Answers the n-th request (from 0). */
export type Answer = (response: ServerResponse, request: SeenRequest, index: number) => void;

export interface FakeApi extends AsyncDisposable {
  url: string;
  seen: SeenRequest[];
}

/** A real HTTP server whose answers a test decides. */
export const startFakeApi = async (answer: Answer): Promise<FakeApi> => {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(one);
      answer(response, one, seen.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export const answerJson = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

export const answerProblem = (
  response: ServerResponse,
  status: number,
  code: string,
  extra: object = {},
  headers: Record<string, string> = {},
): void => answerJson(response, status, { code, detail: `It is ${code}.`, ...extra }, headers);

export const sse = (type: string, id: string, data: unknown): string => `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
