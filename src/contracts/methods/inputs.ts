import { z } from 'zod';
import { METHOD_CONFIGS } from './index.ts';

/** An option that other programs have, or that did nothing here: refused with what to write instead. */
const gone = (why: string) =>
  z
    .unknown()
    .refine((given) => given === undefined, why)
    .optional()
    .meta({ description: `Refused: it ${why}.` });

const NO_POOL = 'is no option: a branch has one connection of its own, and its actions use it one after the other';
const pool = { connection_pool_size: gone(NO_POOL) };
const encryption = gone('is no option: write encryption, which is starttls, ssl or none');

/** Options of each method as they are given. What is stored already (`METHOD_CONFIGS`) may hold some that are refused by now. */
export const METHOD_INPUT_CONFIGS = {
  ...METHOD_CONFIGS,
  ssh: METHOD_CONFIGS.ssh.extend({ key_algorithm: gone('is no option: the private key of the credential says its algorithm itself') }),
  winrm: METHOD_CONFIGS.winrm.extend({ auth: gone('is no option: write transport, which is ntlm or basic') }),
  snmp: METHOD_CONFIGS.snmp.extend({
    community: gone('is a secret and no option: give the method a credential of type snmp_community'),
  }),
  smtp: METHOD_CONFIGS.smtp.extend({
    server_type: gone('is no option: mail servers of every kind are spoken to alike; host, port and encryption say all'),
    connection_security: encryption,
    use_tls: encryption,
    use_ssl: encryption,
    auth_required: gone('is no option: a method with a credential logs in, one without does not'),
  }),
  mysql: METHOD_CONFIGS.mysql.extend(pool),
  postgresql: METHOD_CONFIGS.postgresql.extend(pool),
  mssql: METHOD_CONFIGS.mssql.extend({ ...pool, driver: gone('is no option: SQL Server is spoken to directly, without ODBC') }),
  oracle: METHOD_CONFIGS.oracle.refine((config) => config.connection_pool_size === undefined, {
    path: ['connection_pool_size'],
    error: NO_POOL,
  }),
  redis: METHOD_CONFIGS.redis.extend({ ...pool, max_connections: pool.connection_pool_size }),
  elasticsearch: METHOD_CONFIGS.elasticsearch.extend(pool),
} as const;
