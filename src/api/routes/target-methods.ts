import { OpenAPIHono, z } from '@hono/zod-openapi';
import { AddCredential, Credential, CredentialList, MethodList, UpdateCredential, UpdateMethod } from '../../contracts/target-method.ts';
import { ConnectionTest, Method, MethodInput, MethodName, TargetKey, Uuid } from '../../contracts/target.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { addCredential } from '../../services/targets/credentials/add-credential.ts';
import { getCredential, listCredentials } from '../../services/targets/credentials/read-credentials.ts';
import { removeCredential } from '../../services/targets/credentials/remove-credential.ts';
import { updateCredential } from '../../services/targets/credentials/update-credential.ts';
import { addMethod } from '../../services/targets/methods/add-method.ts';
import { getMethod, listMethods } from '../../services/targets/methods/read-methods.ts';
import { removeMethod } from '../../services/targets/methods/remove-method.ts';
import { updateMethod } from '../../services/targets/methods/update-method.ts';
import { credentialRevision, methodRevision } from '../../services/targets/target-revision.ts';
import { testConnection } from '../../services/targets/test-connection.ts';
import { body, json, tagged } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { ADD_CREDENTIAL, ADD_METHOD, CREDENTIAL, UPDATE_CREDENTIAL, UPDATE_METHOD } from '../examples/target-methods.ts';
import { CONNECTION_TEST, METHOD } from '../examples/targets.ts';

const tags = ['targets'];
const TargetRef = z.object({ serial: TargetKey });
const MethodRef = TargetRef.extend({ method: MethodName.meta({ description: 'Name of the method.', example: 'ssh_1' }) });
const CredentialRef = MethodRef.extend({ uuid: Uuid });

/** Methods of a target, one at a time. */
const methodRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/methods',
          tags,
          operationId: 'listTargetMethods',
          summary: 'List the methods of a target',
          access: 'targets.read',
          request: { params: TargetRef },
        },
        { 200: json(MethodList, 'The primary one first', { data: [METHOD] }) },
      ),
      async (c) => c.json(await listMethods(deps, c.get('caller'), c.req.valid('param').serial), 200),
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/methods',
          tags,
          operationId: 'addTargetMethod',
          summary: 'Add a method to a target',
          access: 'targets.write',
          problems: ['CONFLICT'],
          request: { params: TargetRef, ...body(MethodInput, ADD_METHOD) },
        },
        { 201: json(Method, 'Added', METHOD) },
      ),
      async (c) => c.json(await addMethod(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('json')), 201),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/methods/{method}',
          tags,
          operationId: 'getTargetMethod',
          summary: 'Read a method of a target',
          access: 'targets.read',
          etag: 'gives',
          request: { params: MethodRef },
        },
        { 200: json(Method, 'The method', METHOD) },
      ),
      async (c) => {
        const { serial, method } = c.req.valid('param');
        return c.json(tagged(c, await getMethod(deps, c.get('caller'), serial, method), methodRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'patch',
          path: '/{serial}/methods/{method}',
          tags,
          operationId: 'updateTargetMethod',
          summary: 'Change a method of a target',
          description:
            'It also needs credentials.write where the stored credential would go to another place, or travel less protected. A target always has one primary method: with the primary one switched off, the next by priority becomes it.',
          access: 'targets.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: MethodRef, ...body(UpdateMethod, UPDATE_METHOD) },
        },
        { 200: json(Method, 'Changed', METHOD) },
      ),
      async (c) => {
        const { serial, method } = c.req.valid('param');
        const changed = await updateMethod(deps, c.get('caller'), serial, method, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, changed, methodRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{serial}/methods/{method}',
          tags,
          operationId: 'deleteTargetMethod',
          summary: 'Remove a method of a target, with its credentials',
          description: 'The last method that is switched on stays (409). When the primary one goes, the next by priority becomes it.',
          access: 'targets.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: MethodRef },
        },
        { 204: { description: 'Removed' } },
      ),
      async (c) => {
        const { serial, method } = c.req.valid('param');
        await removeMethod(deps, c.get('caller'), serial, method, c.get('expected'));
        return c.body(null, 204);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/methods/{method}/test',
          tags,
          operationId: 'testTargetMethod',
          summary: 'Test the connection by a method',
          access: 'targets.test',
          problems: ['CREDENTIAL_MISSING', 'CREDENTIAL_UNREADABLE'],
          request: { params: MethodRef },
        },
        { 200: json(ConnectionTest, 'What came of it; a failure is a result', CONNECTION_TEST) },
      ),
      async (c) => {
        const { serial, method } = c.req.valid('param');
        return c.json(await testConnection(deps, c.get('caller'), serial, method), 200);
      },
    );

/** Credentials of a method, one at a time. */
const credentialRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/methods/{method}/credentials',
          tags,
          operationId: 'listCredentials',
          summary: 'List what is known of the credentials of a method',
          access: 'targets.read',
          request: { params: MethodRef },
        },
        { 200: json(CredentialList, 'The primary one first; never a secret', { data: [CREDENTIAL] }) },
      ),
      async (c) => {
        const { serial, method } = c.req.valid('param');
        return c.json(await listCredentials(deps, c.get('caller'), serial, method), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/{serial}/methods/{method}/credentials',
          tags,
          operationId: 'addCredential',
          summary: 'Add a credential to a method',
          access: 'credentials.write',
          problems: ['CONFLICT'],
          request: { params: MethodRef, ...body(AddCredential, ADD_CREDENTIAL) },
        },
        { 201: json(Credential, 'Sealed and added', CREDENTIAL) },
      ),
      async (c) => {
        const { serial, method } = c.req.valid('param');
        return c.json(await addCredential(deps, c.get('caller'), serial, method, c.req.valid('json')), 201);
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/methods/{method}/credentials/{uuid}',
          tags,
          operationId: 'getCredential',
          summary: 'Read what is known of a credential',
          access: 'targets.read',
          etag: 'gives',
          request: { params: CredentialRef },
        },
        { 200: json(Credential, 'Never a secret', CREDENTIAL) },
      ),
      async (c) => {
        const { serial, method, uuid } = c.req.valid('param');
        return c.json(tagged(c, await getCredential(deps, c.get('caller'), serial, method, uuid), credentialRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'patch',
          path: '/{serial}/methods/{method}/credentials/{uuid}',
          tags,
          operationId: 'updateCredential',
          summary: 'Change a credential, or replace its secret',
          access: 'credentials.write',
          etag: 'takes',
          problems: ['CONFLICT'],
          request: { params: CredentialRef, ...body(UpdateCredential, UPDATE_CREDENTIAL) },
        },
        { 200: json(Credential, 'Changed', CREDENTIAL) },
      ),
      async (c) => {
        const { serial: key, ...place } = c.req.valid('param');
        const changed = await updateCredential(deps, c.get('caller'), { key, ...place }, c.req.valid('json'), c.get('expected'));
        return c.json(tagged(c, changed, credentialRevision), 200);
      },
    )
    .openapi(
      route(
        {
          method: 'delete',
          path: '/{serial}/methods/{method}/credentials/{uuid}',
          tags,
          operationId: 'deleteCredential',
          summary: 'Remove a credential; its secret is gone',
          access: 'credentials.write',
          etag: 'takes',
          request: { params: CredentialRef },
        },
        { 204: { description: 'Removed' } },
      ),
      async (c) => {
        const { serial: key, ...place } = c.req.valid('param');
        await removeCredential(deps, c.get('caller'), { key, ...place }, c.get('expected'));
        return c.body(null, 204);
      },
    );

/** Methods of targets and their credentials. */
export const targetMethodRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  methodRoutes(deps, route).route('/', credentialRoutes(deps, route));
