import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { SessionCreated } from '../../src/contracts/auth.ts';
import { BenchFailure } from './say.ts';

/** The public HTTP API, called by the administrator. */
export interface ApiClient {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>>;
  post<Schema extends z.ZodType>(path: string, body: unknown, schema: Schema): Promise<z.infer<Schema>>;
  patch(path: string, body: unknown): Promise<void>;
  /** An answer that is not read yet, for streams. */
  open(path: string): Promise<Response>;
}

const request = async (url: string, token: string | undefined, method: string, body?: unknown): Promise<Response> => {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new BenchFailure(`${method} ${url} answered ${response.status}: ${await response.text()}`);
  return response;
};

/** Logs in with the first password, which must be changed before anything else. @throws BenchFailure */
export const logIn = async (url: string, firstPassword: string): Promise<ApiClient> => {
  const base = `${url}/api/v1`;
  const session = await request(`${base}/auth/login`, undefined, 'POST', { username: 'admin', password: firstPassword });
  const { token } = SessionCreated.parse(await session.json());
  const ownPassword = { current_password: firstPassword, new_password: randomBytes(18).toString('base64url') };
  await request(`${base}/auth/password`, token, 'POST', ownPassword);
  return apiClient(url, token);
};

/** With a token that is there already. */
export const apiClient = (url: string, token: string): ApiClient => {
  const base = `${url}/api/v1`;
  return {
    url: base,
    token,
    get: async (path, schema) => schema.parse(await (await request(base + path, token, 'GET')).json()),
    post: async (path, body, schema) => schema.parse(await (await request(base + path, token, 'POST', body)).json()),
    patch: async (path, body) => void (await request(base + path, token, 'PATCH', body)),
    open: (path) => request(base + path, token, 'GET'),
  };
};
