import { ReadableStream } from 'node:stream/web';
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { Artifact, ArtifactFilter, ArtifactName } from '../../contracts/artifact.ts';
import { pageOf } from '../../contracts/page.ts';
import { Uuid } from '../../contracts/target.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { downloadArtifact, getArtifact, listArtifacts } from '../../services/artifacts/read-artifacts.ts';
import { uploadArtifact } from '../../services/artifacts/upload-artifact.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { streamedBody } from '../streamed-body.ts';
import { ARTIFACT } from '../examples/artifacts.ts';

const tags = ['artifacts'];
const BYTES = 'application/octet-stream';
const ArtifactRef = z.object({ uuid: Uuid });
const bytes = { [BYTES]: { schema: z.string().meta({ format: 'binary' }) } };

const contentOf = (request: Request): AsyncIterable<Uint8Array> => {
  if (request.headers.get('content-type')?.toLowerCase() !== BYTES)
    throw new OpsError('UNSUPPORTED_MEDIA_TYPE', `The body is the file itself: send it with Content-Type ${BYTES}.`);
  return streamedBody(request);
};

/** What the sender says before the first byte. */
const declaredBytes = ({ headers }: Request): number => Number(headers.get('content-length') ?? 0);

/** RFC 6266: any name, and the file is never shown in place. */
const dispositionOf = (name: string): string =>
  `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;

const headersOf = ({ bytes: length, name }: { bytes: number | null; name: string }) => ({
  'Content-Type': BYTES,
  ...(length !== null && { 'Content-Length': String(length) }),
  'Content-Disposition': dispositionOf(name),
});

export const artifactRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listArtifacts',
          summary: 'List artifacts',
          access: 'executions.read',
          request: { query: ArtifactFilter },
        },
        { 200: json(pageOf(Artifact, 'ArtifactPage'), 'A page', { data: [ARTIFACT], next: null }) },
      ),
      async (c) => c.json(await listArtifacts(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/',
          tags,
          operationId: 'uploadArtifact',
          summary: 'Upload a file for file_transfer actions',
          description:
            'The body is the file, up to `max_artifact_bytes`; it is stored as it comes. With an Idempotency-Key, what its headers say of it (length, type, digest) stands for it.',
          access: 'jobs.write',
          streamsBody: true,
          request: { query: z.strictObject({ name: ArtifactName }), body: { required: true, content: bytes } },
        },
        { 201: json(Artifact, 'Stored', ARTIFACT) },
      ),
      async (c) =>
        c.json(await uploadArtifact(deps, c.get('caller'), c.req.valid('query').name, contentOf(c.req.raw), declaredBytes(c.req.raw)), 201),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{uuid}',
          tags,
          operationId: 'getArtifact',
          summary: 'Read an artifact',
          access: 'executions.read',
          request: { params: ArtifactRef },
        },
        { 200: json(Artifact, 'The artifact, without its content', ARTIFACT) },
      ),
      async (c) => c.json(await getArtifact(deps, c.get('caller'), c.req.valid('param').uuid), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{uuid}/content',
          tags,
          operationId: 'downloadArtifact',
          summary: 'Download an artifact',
          description: 'The exact bytes: outputs are not masked, so what a program printed of a secret is in them. Audited.',
          access: 'jobs.execute',
          streams: 'bytes',
          request: { params: ArtifactRef },
        },
        { 200: { content: bytes, description: 'The content' } },
      ),
      async (c) => {
        const { uuid } = c.req.valid('param');
        if (c.req.method === 'HEAD') {
          const { size_bytes: bytes, name } = await getArtifact(deps, c.get('caller'), uuid);
          return c.body(null, 200, headersOf({ bytes, name }));
        }
        const artifact = await downloadArtifact(deps, c.get('caller'), uuid);
        return c.body(ReadableStream.from(artifact.content) as unknown as globalThis.ReadableStream, 200, headersOf(artifact));
      },
    );
