import { randomUUID } from 'node:crypto';

/** The public API, called by somebody who does not give up while it is away. */
export interface SteadyApi {
  get(path: string): Promise<unknown>;
  /** Repeated with the same idempotency key until it is answered: it happens once. */
  post(path: string, body: unknown): Promise<{ status: number; body: unknown }>;
}

const AGAIN_MS = 500;
const LIMIT_MS = 180_000;

const untilAnswered = async (send: () => Promise<Response>): Promise<Response> => {
  const giveUpAt = Date.now() + LIMIT_MS;
  for (;;) {
    const response = await send().catch(() => undefined);
    if (response !== undefined && response.status < 500) {
      const isBusy = response.status === 409 && (await response.clone().text()).includes('IN_PROGRESS');
      if (!isBusy) return response;
    }
    if (Date.now() > giveUpAt) throw new Error(`The API did not answer for ${LIMIT_MS / 1_000} s.`);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
};

export const steadyApi = (url: string, token?: string): SteadyApi => {
  const base = `${url}/api/v1`;
  const login: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const read = async (response: Response): Promise<unknown> => (response.status === 204 ? undefined : response.json());
  return {
    async get(path) {
      const response = await untilAnswered(() => fetch(base + path, { headers: login, signal: AbortSignal.timeout(30_000) }));
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
      return read(response);
    },
    async post(path, body) {
      const headers = {
        ...login,
        'content-type': 'application/json',
        ...(token !== undefined && { 'idempotency-key': randomUUID() }),
      };
      const send = (): Promise<Response> =>
        fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(30_000) });
      const response = await untilAnswered(send);
      return { status: response.status, body: await read(response) };
    },
  };
};
