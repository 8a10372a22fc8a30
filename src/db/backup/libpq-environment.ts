/** Parameters of a connection URL that libpq also takes from its environment. */
const VARIABLE_OF: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
};

/** Node's driver knows a mode that libpq calls `require`: encrypted, with whatever certificate. */
const libpqValue = (name: string, value: string): string => (name === 'sslmode' && value === 'no-verify' ? 'require' : value);

/**
 * The whole environment of a PostgreSQL program that is to use this database. The password goes there and not into a passfile: only this user and
 * root can read the environment of a process, they could read DATABASE_URL in ours as well, and of a killed process nothing stays on the disk.
 * Nothing else of our environment is handed on, since it holds the key ring.
 */
export const libpqEnvironment = (url: string): Record<string, string> => {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const parameters = Object.entries(VARIABLE_OF).flatMap(([name, variable]) => {
    const value = searchParams.get(name);
    return value === null ? [] : [[variable, libpqValue(name, value)] as const];
  });
  const given = {
    PGHOST: hostname.replace(/^\[(.*)\]$/, '$1'),
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: pathname.slice(1),
  };
  const parts = Object.entries(given).flatMap(([name, value]) => (value === '' ? [] : [[name, decodeURIComponent(value)] as const]));
  return { ...Object.fromEntries([...parts, ...parameters]), PGAPPNAME: 'opsconductor-db', PGCLIENTENCODING: 'UTF8', LC_ALL: 'C' };
};
