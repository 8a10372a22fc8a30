import { OpenAPIHono, z } from '@hono/zod-openapi';
import { pageOf } from '../../contracts/page.ts';
import {
  AcceptHostKey,
  ConnectionTest,
  CreateTarget,
  HostKey,
  Target,
  TargetFilter,
  TargetKey,
  TestMethodConfig,
  UpdateTarget,
} from '../../contracts/target.ts';
import { Text } from '../../contracts/text.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { acceptHostKey } from '../../services/targets/accept-host-key.ts';
import { getTarget, listTargets } from '../../services/targets/read-targets.ts';
import { targetRevision } from '../../services/targets/target-revision.ts';
import { testConnection, testMethodConfig } from '../../services/targets/test-connection.ts';
import { updateTarget } from '../../services/targets/update-target.ts';
import { createTarget, deleteTarget } from '../../services/targets/write-target.ts';
import { CONNECTING_SECONDS, body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { ACCEPT_HOST_KEY, CONNECTION_TEST, CREATE_TARGET, HOST_KEY, TARGET, TEST_METHOD, UPDATE_TARGET } from '../examples/targets.ts';

const tags = ['targets'];
/** Of connecting without logging in. */
const HOST_KEY_PROBLEMS = [
  'CONFLICT',
  'NAME_NOT_FOUND',
  'CONNECTION_REFUSED',
  'CONNECTION_TIMED_OUT',
  'HOST_UNREACHABLE',
  'CONNECTION_CLOSED',
  'CONNECTION_LOST',
  'PROTOCOL_ERROR',
] as const;
const TargetRef = z.object({ serial: TargetKey });
const MethodName = z.strictObject({ method: Text(100).optional().meta({ description: 'Name of the method; default the primary one.' }) });
const SshMethodName = z.strictObject({
  method: Text(100).optional().meta({ description: 'Name of the method; default the first SSH method.' }),
});

export const targetRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'listTargets',
          summary: 'List targets',
          access: 'targets.read',
          request: { query: TargetFilter },
        },
        { 200: json(pageOf(Target, 'TargetPage'), 'A page', { data: [TARGET], next: null }) },
      ),
      async (c) => c.json(await listTargets(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/',
          tags,
          operationId: 'createTarget',
          summary: 'Add a target with its methods and credentials',
          access: 'targets.write',
          problems: ['CONFLICT'],
          request: body(CreateTarget, CREATE_TARGET),
        },
        { 201: json(Target, 'Added', TARGET) },
      ),
      async (c) => c.json(await createTarget(deps, c.get('caller'), c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/test-method-config',
          tags,
          operationId: 'testMethodConfig',
          limits: { seconds: CONNECTING_SECONDS },
          summary: 'Test a method that is not saved',
          access: 'targets.test',
          request: body(TestMethodConfig, TEST_METHOD),
        },
        { 200: json(ConnectionTest, 'What came of it; a failure is a result', CONNECTION_TEST) },
      ),
      async (c) => c.json(await testMethodConfig(deps, c.get('caller'), c.req.valid('json')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}',
          tags,
          operationId: 'getTarget',
          summary: 'Read a target',
          access: 'targets.read',
          etag: 'gives',
          request: { params: TargetRef },
        },
        { 200: json(Target, 'The target', TARGET) },
      ),
      async (c) => c.json(tagged(c, await getTarget(deps, c.get('caller'), c.req.valid('param').serial), targetRevision), 200),
    )
    .openapi(
      route(
        {
          method: 'patch',
          path: '/{serial}',
          tags,
          operationId: 'updateTarget',
          summary: 'Change a target',
          access: 'targets.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: TargetRef, ...body(UpdateTarget, UPDATE_TARGET) },
        },
        { 200: json(Target, 'Changed', TARGET) },
      ),
      async (c) => {
        const { serial } = c.req.valid('param');
        const target = await updateTarget(deps, c.get('caller'), serial, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, target, targetRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{serial}',
          tags,
          operationId: 'deleteTarget',
          summary: 'Delete a target; its record stays',
          access: 'targets.write',
          etag: 'takes',
          request: { params: TargetRef },
        },
        { 204: { description: 'Deleted' } },
      ),
      async (c) => {
        await deleteTarget(deps, c.get('caller'), c.req.valid('param').serial, c.get('expected'));
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/test',
          tags,
          operationId: 'testTarget',
          limits: { seconds: CONNECTING_SECONDS },
          summary: 'Test the connection',
          access: 'targets.test',
          problems: ['CREDENTIAL_MISSING', 'CREDENTIAL_UNREADABLE'],
          request: { params: TargetRef, query: MethodName },
        },
        { 200: json(ConnectionTest, 'What came of it; a failure is a result', CONNECTION_TEST) },
      ),
      async (c) => c.json(await testConnection(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query').method), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/host-key',
          tags,
          operationId: 'acceptHostKey',
          limits: { seconds: CONNECTING_SECONDS },
          summary: 'Ask an SSH target for its host key, and pin it when it is the confirmed one',
          description:
            'With a fingerprint it also needs credentials.write where the method has a credential: the next login sends it to that host.',
          access: 'targets.write',
          problems: HOST_KEY_PROBLEMS,
          request: { params: TargetRef, query: SshMethodName, ...body(AcceptHostKey, ACCEPT_HOST_KEY) },
        },
        { 200: json(HostKey, 'What is pinned, and what the host shows', HOST_KEY) },
      ),
      async (c) => {
        const { method } = c.req.valid('query');
        return c.json(await acceptHostKey(deps, c.get('caller'), c.req.valid('param').serial, method, c.req.valid('json')), 200);
      },
    );
