import { OpenAPIHono, z } from '@hono/zod-openapi';
import { Artifact, ArtifactFilter, ArtifactName } from '../../contracts/artifact.ts';
import { pageOf } from '../../contracts/page.ts';
import { Uuid } from '../../contracts/target.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { deleteArtifact } from '../../services/artifacts/delete-artifact.ts';
import { downloadArtifact, getArtifact, listArtifacts } from '../../services/artifacts/read-artifacts.ts';
import { uploadArtifact } from '../../services/artifacts/upload-artifact.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { streamedBody } from '../streamed-body.ts';
import { dispositionOf, streamOf } from '../file-response.ts';
import { CONTENT_HEADERS, PART_HEADERS } from '../route-headers.ts';
import { ARTIFACT } from '../examples/artifacts.ts';
import { FILE_BYTES } from '../examples/streams.ts';

const tags = ['artifacts'];
const BYTES = 'application/octet-stream';
const ArtifactRef = z.object({ uuid: Uuid });
const bytes = { [BYTES]: { schema: z.string().meta({ format: 'binary' }), example: FILE_BYTES } };

const contentOf = (request: Request): AsyncIterable<Uint8Array> => {
  if (request.headers.get('content-type')?.toLowerCase() !== BYTES)
    throw new OpsError('UNSUPPORTED_MEDIA_TYPE', `The body is the file itself: send it with Content-Type ${BYTES}.`);
  return streamedBody(request);
};

const declaredBytes = (request: Request): number | undefined => {
  const length = request.headers.get('content-length') ?? '';
  return /^\d{1,15}$/.test(length) ? Number(length) : undefined;
};

const RangeHeaders = z.object({
  range: z
    .string()
    .max(200)
    .optional()
    .meta({ description: '`bytes=FROM-TO`, `bytes=FROM-` or `bytes=-LAST`: only this part, as 206. Several ranges are passed over.' }),
  'if-range': z.string().max(200).optional().meta({ description: 'ETag of the content: when it is another, all of it is sent.' }),
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
            'The body is the file, up to `max_artifact_bytes`; it is stored as it comes, and refused when it is not as long as `Content-Length` says. With an Idempotency-Key, what its headers say of it (length, type, digest) stands for it.',
          access: 'jobs.write',
          streamsBody: true,
          request: { query: z.strictObject({ name: ArtifactName }), body: { required: true, content: bytes } },
        },
        { 201: json(Artifact, 'Stored', ARTIFACT) },
      ),
      async (c) => {
        const file = { name: c.req.valid('query').name, content: contentOf(c.req.raw), declaredBytes: declaredBytes(c.req.raw) };
        return c.json(await uploadArtifact(deps, c.get('caller'), file), 201);
      },
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
          summary: 'Download an artifact, or a part of it',
          description:
            'The exact bytes: outputs are not masked, so what a program printed of a secret is in them. Audited. The ETag is the SHA-256, so a download that broke off goes on with Range and If-Range.',
          access: 'jobs.execute',
          problems: ['RANGE_NOT_SATISFIABLE'],
          streams: 'bytes',
          request: { params: ArtifactRef, headers: RangeHeaders },
        },
        {
          200: { content: bytes, headers: CONTENT_HEADERS, description: 'The content' },
          206: { content: bytes, headers: PART_HEADERS, description: 'The part of it that `Range` asks for' },
        },
      ),
      async (c) => {
        const { uuid } = c.req.valid('param');
        if (c.req.method === 'HEAD') {
          const { size_bytes: bytes, name } = await getArtifact(deps, c.get('caller'), uuid);
          const length = bytes === null ? {} : { 'Content-Length': String(bytes) };
          return c.body(null, 200, {
            'Content-Type': BYTES,
            ...length,
            'Content-Disposition': dispositionOf(name),
            'Accept-Ranges': 'bytes',
          });
        }
        const { range, 'if-range': ifRange } = c.req.valid('header');
        const { part, ...artifact } = await downloadArtifact(deps, c.get('caller'), uuid, { range, ifRange });
        if (part === 'unsatisfiable') {
          c.header('Content-Range', `bytes */${artifact.bytes}`);
          throw new OpsError('RANGE_NOT_SATISFIABLE', `The artifact has ${artifact.bytes} bytes, and the range begins behind them.`);
        }
        const headers = {
          'Content-Type': BYTES,
          'Content-Length': String(part === undefined ? artifact.bytes : part.end - part.start),
          'Content-Disposition': dispositionOf(artifact.name),
          'Accept-Ranges': 'bytes',
          ETag: artifact.etag,
          'Repr-Digest': `sha-256=:${Buffer.from(artifact.sha256, 'hex').toString('base64')}:`,
        };
        if (part === undefined) return c.body(streamOf(artifact.content), 200, headers);
        return c.body(streamOf(artifact.content), 206, {
          ...headers,
          'Content-Range': `bytes ${part.start}-${part.end - 1}/${artifact.bytes}`,
        });
      },
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{uuid}',
          tags,
          operationId: 'deleteArtifact',
          summary: 'Remove an artifact',
          description: 'At once, with its content. Not while a run that goes on makes it, or names it.',
          access: 'jobs.write',
          problems: ['CONFLICT'],
          request: { params: ArtifactRef },
        },
        { 204: { description: 'Removed' } },
      ),
      async (c) => {
        await deleteArtifact(deps, c.get('caller'), c.req.valid('param').uuid);
        return c.body(null, 204);
      },
    );
