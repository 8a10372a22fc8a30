import { OpenAPIHono, z } from '@hono/zod-openapi';
import { pageOf } from '../../contracts/page.ts';
import {
  AcceptHostKey,
  ConnectionTest,
  CreateTarget,
  HostKey,
  Target,
  TargetSerial,
  TestMethodConfig,
  UpdateTarget,
} from '../../contracts/target.ts';
import { Text } from '../../contracts/text.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { acceptHostKey } from '../../services/targets/accept-host-key.ts';
import { TargetFilter, getTarget, listTargets } from '../../services/targets/read-targets.ts';
import { testConnection, testMethodConfig } from '../../services/targets/test-connection.ts';
import { updateTarget } from '../../services/targets/update-target.ts';
import { createTarget, deleteTarget } from '../../services/targets/write-target.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';

const tags = ['targets'];
const TargetRef = z.object({ serial: TargetSerial });
const MethodName = z.strictObject({ method: Text(100).optional().meta({ description: 'Name of the method; default the primary one.' }) });
const SshMethodName = z.strictObject({
  method: Text(100).optional().meta({ description: 'Name of the method; default the first SSH method.' }),
});
const body = <Schema extends z.ZodType>(schema: Schema) => ({ body: { required: true, ...json(schema, '') } });

export const targetRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        { method: 'get', path: '/', tags, summary: 'List targets', access: 'targets.read', request: { query: TargetFilter } },
        { 200: json(pageOf(Target, 'TargetPage'), 'Newest first') },
      ),
      async (c) => c.json(await listTargets(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/',
          tags,
          summary: 'Add a target with its methods and credentials',
          access: 'targets.write',
          request: body(CreateTarget),
        },
        { 201: json(Target, 'Added') },
      ),
      async (c) => c.json(await createTarget(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/test-method-config',
          tags,
          summary: 'Test a method that is not saved',
          access: 'targets.test',
          request: body(TestMethodConfig),
        },
        { 200: json(ConnectionTest, 'What came of it; a failure is a result') },
      ),
      async (c) => c.json(await testMethodConfig(deps, c.get('caller'), c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}',
          tags,
          summary: 'Read a target',
          access: 'targets.read',
          problems: [404],
          request: { params: TargetRef },
        },
        { 200: json(Target, 'The target') },
      ),
      async (c) => c.json(await getTarget(deps, c.get('caller'), c.req.valid('param').serial), 200),
    )
    .openapi(
      route(
        {
          method: 'patch',
          path: '/{serial}',
          tags,
          summary: 'Change a target',
          access: 'targets.write',
          problems: [404, 409],
          request: { params: TargetRef, ...body(UpdateTarget) },
        },
        { 200: json(Target, 'Changed') },
      ),
      async (c) => c.json(await updateTarget(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{serial}',
          tags,
          summary: 'Delete a target; its record stays',
          access: 'targets.write',
          problems: [404],
          request: { params: TargetRef },
        },
        { 204: { description: 'Deleted' } },
      ),
      async (c) => {
        await deleteTarget(deps, c.get('caller'), c.req.valid('param').serial);
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/test',
          tags,
          summary: 'Test the connection',
          access: 'targets.test',
          problems: [404],
          request: { params: TargetRef, query: MethodName },
        },
        { 200: json(ConnectionTest, 'What came of it; a failure is a result') },
      ),
      async (c) => c.json(await testConnection(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query').method), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/host-key',
          tags,
          summary: 'Ask an SSH target for its host key, and pin it when it is the confirmed one',
          description:
            'With a fingerprint it also needs credentials.write where the method has a credential: the next login sends it to that host.',
          access: 'targets.write',
          problems: [404, 409, 422],
          request: { params: TargetRef, query: SshMethodName, ...body(AcceptHostKey) },
        },
        { 200: json(HostKey, 'What is pinned, and what the host shows') },
      ),
      async (c) => {
        const { method } = c.req.valid('query');
        return c.json(await acceptHostKey(deps, c.get('caller'), c.req.valid('param').serial, method, c.req.valid('json')), 200);
      },
    );
