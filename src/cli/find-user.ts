import type { User } from '../client/index.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { ApiClient } from './api-client.ts';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The account of this user name, without regard to case, or of this uuid. @throws OpsError NOT_FOUND */
export const findUser = async (client: Pick<ApiClient, 'getUser' | 'listUsers'>, name: string): Promise<User> => {
  if (UUID.test(name)) return client.getUser(name);
  const [user] = (await client.listUsers({ username: name, limit: 1 })).data;
  if (user === undefined) throw new OpsError('NOT_FOUND', `There is no user ${name}. See: opsconductor users list`);
  return user;
};
