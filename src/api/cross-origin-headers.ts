import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { ApiEnv } from './env.ts';

/** What a page of another origin may send and read, as lists of names. */
export interface CrossOriginHeaders {
  sent: string;
  read: string;
}

/** Of every request. Those who trace send both of theirs. */
const SENT = ['Authorization', 'Content-Type', 'Content-Digest', 'Repr-Digest', 'X-Request-Id', 'traceparent', 'tracestate'];
/** Of every answer, or of problems. */
const READ = ['Allow', 'Content-Encoding', 'Content-Length', 'WWW-Authenticate', 'X-Request-Id'];

const listOf = (names: readonly string[]): string => [...new Map(names.map((name) => [name.toLowerCase(), name])).values()].join(', ');

/** All that the routes of an app declare, and what is common to all. */
export const crossOriginHeaders = ({ openAPIRegistry }: OpenAPIHono<ApiEnv>): CrossOriginHeaders => {
  const routes = openAPIRegistry.definitions.flatMap((definition) => (definition.type === 'route' ? [definition.route] : []));
  const sent = routes.flatMap(({ request }) => (request?.headers instanceof z.ZodObject ? Object.keys(request.headers.shape) : []));
  const read = routes.flatMap(({ responses }) =>
    Object.values(responses).flatMap((response) => ('headers' in response ? Object.keys(response.headers ?? {}) : [])),
  );
  return { sent: listOf([...SENT, ...sent]), read: listOf([...READ, ...read]) };
};
