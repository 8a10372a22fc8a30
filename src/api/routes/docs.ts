import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Hono } from 'hono';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiEnv } from '../env.ts';

const TYPE_OF_FILE: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
]);

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>OpsConductor API</title><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="ui"></div><script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', deepLinking: true, docExpansion: 'list' });`;

const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** The OpenAPI document of the app. */
export const openApiDocument = (app: OpenAPIHono<ApiEnv>, version: string) =>
  app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'OpsConductor',
      version,
      description: 'Runs operations jobs on fleets and keeps an exact record of what happened where.',
    },
    servers: [{ url: '/' }],
  });

/** The document at /openapi.json and a page to read and try it at /docs, all from this server. */
export const docsRoutes = (app: () => OpenAPIHono<ApiEnv>, version: string) => {
  const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  let document: string | undefined;
  return new Hono<ApiEnv>()
    .get('/openapi.json', (c) => {
      document ??= JSON.stringify(openApiDocument(app(), version));
      return c.body(document, 200, { 'Content-Type': 'application/json' });
    })
    .get('/docs', (c) => c.html(PAGE, 200, { 'Content-Security-Policy': POLICY }))
    .get('/docs/start.js', (c) => c.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }))
    .get('/docs/:file', async (c) => {
      const file = c.req.param('file');
      const type = TYPE_OF_FILE.get(file);
      if (type === undefined) throw new OpsError('NOT_FOUND', `There is no page /docs/${file}.`);
      return c.body(new Uint8Array(await readFile(join(assets, file))), 200, {
        'Content-Type': type,
        'Cache-Control': 'public, max-age=3600',
      });
    });
};
