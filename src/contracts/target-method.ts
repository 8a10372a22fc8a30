import { z } from 'zod';
import { CredentialInfo, CredentialSecret, Host, Method, MethodName, MethodPriority, Port } from './target.ts';
import { Text } from './text.ts';

export const MethodList = z
  .object({ data: z.array(Method) })
  .meta({ id: 'MethodList', description: 'All methods of a target, the primary one first.' });
export type MethodList = z.infer<typeof MethodList>;

/** Fields left out stay as they are. Its type stays: a method of another type is another method. */
export const UpdateMethod = z
  .strictObject({
    method_name: MethodName.optional(),
    host: Host.optional().meta({ description: 'Its pinned host key is forgotten when host or port change.' }),
    port: Port.optional(),
    is_primary: z.literal(true).optional().meta({ description: 'It becomes the primary one, and the other one is it no longer.' }),
    is_active: z.boolean().optional(),
    priority: MethodPriority.optional(),
    config: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Options that change; null takes one back to its default. Options that are left out stay as they are.' }),
  })
  .meta({ id: 'UpdateMethod' });
export type UpdateMethod = z.infer<typeof UpdateMethod>;

export const Credential = CredentialInfo.meta({ id: 'Credential', description: 'What is known of a secret. It is never shown.' });
export type Credential = z.infer<typeof Credential>;

export const CredentialList = z
  .object({ data: z.array(Credential) })
  .meta({ id: 'CredentialList', description: 'All credentials of a method, the primary one first.' });
export type CredentialList = z.infer<typeof CredentialList>;

const credentialName = Text(100).min(1);

export const AddCredential = z
  .strictObject({
    credential_name: credentialName.default('default'),
    is_primary: z
      .boolean()
      .default(false)
      .meta({ description: 'It is logged in with from now on. The first one of a method is it anyway.' }),
    secret: CredentialSecret,
  })
  .meta({ id: 'AddCredential' });
export type AddCredential = z.infer<typeof AddCredential>;

/** Fields left out stay as they are. */
export const UpdateCredential = z
  .strictObject({
    credential_name: credentialName.optional(),
    is_primary: z.literal(true).optional().meta({ description: 'It is logged in with from now on, and the other one no longer.' }),
    is_active: z.boolean().optional(),
    secret: CredentialSecret.optional().meta({ description: 'Takes the place of the stored one, whole. Left out: the stored one stays.' }),
  })
  .meta({ id: 'UpdateCredential' });
export type UpdateCredential = z.infer<typeof UpdateCredential>;
