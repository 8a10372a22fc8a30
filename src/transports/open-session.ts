import type { CommunicationMethodType } from '../contracts/enums.ts';
import { METHODS } from '../contracts/capabilities.ts';
import { OpsError } from '../domain/ops-error.ts';
import { createOpenSsh } from './ssh/open-ssh.ts';
import { toSshEndpoint } from './ssh/ssh-endpoint.ts';
import type { ReadDeniedNetworks } from './http/denied-networks.ts';
import type { SqliteFolders } from './sqlite/allowed-path.ts';
import type { OpenSession } from './transport.ts';

/** What the protocols need besides an endpoint. */
interface TransportOptions {
  sqlite: SqliteFolders;
  deniedNetworks: ReadDeniedNetworks;
}

type Loader = (options: TransportOptions) => Promise<OpenSession>;

/** A protocol's library is loaded when a target first needs it: together they would take half of the worker's memory. */
const LOADERS: Partial<Record<CommunicationMethodType, Loader>> = {
  rest_api: async ({ deniedNetworks }) => (await import('./rest_api/open-rest-api.ts')).createOpenRestApi(deniedNetworks),
  mongodb: async () => (await import('./mongodb/open-mongodb.ts')).openMongodb,
  redis: async () => (await import('./redis/open-redis.ts')).openRedis,
  elasticsearch: async ({ deniedNetworks }) =>
    (await import('./elasticsearch/open-elasticsearch.ts')).createOpenElasticsearch(deniedNetworks),
  snmp: async () => (await import('./snmp/open-snmp.ts')).openSnmp,
  winrm: async ({ deniedNetworks }) => (await import('./winrm/open-winrm.ts')).createOpenWinrm(deniedNetworks),
  smtp: async () => (await import('./smtp/open-smtp.ts')).openSmtp,
  mysql: async () => (await import('./mysql/open-mysql.ts')).openMysql,
  postgresql: async () => (await import('./postgresql/open-postgresql.ts')).openPostgresql,
  mssql: async () => (await import('./mssql/open-mssql.ts')).openMssql,
  oracle: async () => (await import('./oracle/open-oracle.ts')).openOracle,
  sqlite: async ({ sqlite }) => (await import('./sqlite/open-sqlite.ts')).createOpenSqlite(sqlite),
  telnet: async () => (await import('./telnet/open-telnet.ts')).openTelnet,
};

const openSshSession = (): OpenSession => {
  const open = createOpenSsh();
  return (endpoint, signal) => open(toSshEndpoint(endpoint), signal);
};

const NO_FOLDERS: SqliteFolders = { allowed: undefined, own: '' };

const DENIES_NOTHING: ReadDeniedNetworks = async () => [];

/** Opens sessions of every method: the same adapter tests a connection and runs actions over it. */
export const createOpenSession = ({
  sqlite = NO_FOLDERS,
  deniedNetworks = DENIES_NOTHING,
}: Partial<TransportOptions> = {}): OpenSession => {
  const opened = new Map<CommunicationMethodType, Promise<OpenSession>>([['ssh', Promise.resolve(openSshSession())]]);
  return async (endpoint, signal) => {
    const { methodType } = endpoint;
    const adapter = opened.get(methodType) ?? LOADERS[methodType]?.({ sqlite, deniedNetworks });
    if (adapter === undefined)
      throw new OpsError('METHOD_UNSUPPORTED', `This version of OpsConductor has no transport for ${METHODS[methodType].label}.`);
    opened.set(methodType, adapter);
    return (await adapter)(endpoint, signal);
  };
};
