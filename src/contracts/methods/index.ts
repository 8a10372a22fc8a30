import { z } from 'zod';
import { Text } from '../text.ts';

const Option = Text(1_000);
const Timeout = z.number().int().min(1).max(300).optional().meta({ description: 'Connect and log in within this many seconds.' });
const Certificate = Text(65_536)
  .regex(/-----BEGIN CERTIFICATE-----/, 'must be certificates in PEM form')
  .optional()
  .meta({ description: 'Certificates (PEM) to trust besides those of the system.' });
const ServerName = Option.min(1).optional().meta({ description: "Name that the server's certificate must have; the host when left out." });
const Verify = z
  .boolean()
  .default(true)
  .meta({ description: 'false trusts any certificate: anyone in between can read and change what is sent. Audited.' });
const PoolSize = z.number().int().min(1).max(100).optional();

const Ssh = z.strictObject({
  timeout: Timeout,
  keepalive: z.number().int().min(0).max(300).optional().meta({ description: 'Seconds between keep-alive messages; 0 turns them off.' }),
  shell: z.enum(['posix', 'cmd', 'powershell']).optional().meta({
    description:
      'What reads commands: a POSIX shell, or cmd.exe or PowerShell on Windows. Left out: cmd on a target whose os_type is a Windows, else posix.',
  }),
});

const Winrm = z.strictObject({
  timeout: Timeout,
  transport: z.enum(['ntlm', 'basic']).default('ntlm'),
  shell: z.enum(['cmd', 'powershell']).default('cmd').meta({ description: 'What reads commands: values in them are quoted for it.' }),
  protocol: z.enum(['http', 'https']).optional().meta({ description: 'https when the port is 5986.' }),
  allow_unencrypted: z
    .boolean()
    .default(false)
    .meta({ description: 'true lets basic go over http: anyone in between can read the password and all output.' }),
  verify_ssl: Verify,
  ca_certificate: Certificate,
  server_name: ServerName,
});

const isPattern = (text: string): boolean => {
  try {
    return new RegExp(text, 'i').source !== '';
  } catch {
    return false;
  }
};
const Prompt = Option.min(1).refine(isPattern, 'must be a regular expression, such as "login: *$"');

const Telnet = z.strictObject({
  timeout: Timeout,
  encoding: z.enum(['utf-8', 'latin1', 'ascii']).default('utf-8'),
  newline: z.enum(['\r\n', '\n', '\r']).default('\r\n'),
  login_prompt: Prompt.default('(login|user ?name): *$').meta({ description: 'Regular expression, case does not matter.' }),
  password_prompt: Prompt.default('password: *$'),
  prompt: Prompt.default('[$#>%] ?$').meta({ description: 'Regular expression of the prompt after which a command is sent.' }),
  shell: z.enum(['posix', 'none']).default('posix').meta({
    description: 'none: a device with a command line of its own; commands are typed as they are, and have no exit code.',
  }),
});

const Snmp = z.strictObject({
  timeout: Timeout,
  version: z.enum(['1', '2c', '3']).default('2c'),
  retries: z.number().int().min(0).max(10).default(3),
  security_level: z.enum(['noAuthNoPriv', 'authNoPriv', 'authPriv']).default('authPriv'),
  auth_protocol: z.enum(['MD5', 'SHA', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512']).default('SHA'),
  privacy_protocol: z.enum(['DES', 'AES']).default('AES'),
});

const RestApi = z.strictObject({
  timeout: Timeout,
  protocol: z.enum(['http', 'https']).default('http'),
  base_path: Option.regex(/^\//, 'must begin with /').default('/'),
  verify_ssl: Verify,
  ca_certificate: Certificate,
  server_name: ServerName,
});

const Smtp = z.strictObject({
  timeout: Timeout,
  encryption: z.enum(['starttls', 'ssl', 'none']).default('starttls'),
  server_type: z.string().optional().meta({ description: 'Of methods that were stored before; it says nothing.' }),
  domain: Option.regex(/^[A-Za-z0-9.-]+$/, 'must be the name of a machine, such as ops.example.org')
    .optional()
    .meta({ description: 'Name with which the worker greets the server (EHLO); its own host name when left out.' }),
  from: z.email().optional().meta({ description: 'Sender, where a mail names none.' }),
  test_recipient: z.email().optional().meta({ description: 'A connection test sends a mail to it.' }),
  verify_ssl: Verify,
  ca_certificate: Certificate,
  server_name: ServerName,
});

const Mysql = z.strictObject({
  timeout: Timeout,
  database: Option.optional(),
  charset: z.enum(['utf8mb4', 'utf8', 'latin1', 'ascii']).default('utf8mb4'),
  ssl_mode: z.enum(['disabled', 'preferred', 'required', 'verify_identity']).default('verify_identity'),
  ca_certificate: Certificate,
  connection_pool_size: PoolSize,
});

const Postgresql = z.strictObject({
  timeout: Timeout,
  database: Option.min(1).default('postgres'),
  ssl_mode: z.enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']).default('verify-full'),
  ca_certificate: Certificate,
  connection_pool_size: PoolSize,
});

const Mssql = z.strictObject({
  timeout: Timeout,
  database: Option.min(1).default('master'),
  encrypt: z.enum(['yes', 'no']).default('yes'),
  trust_server_certificate: z.enum(['yes', 'no']).default('no'),
  ca_certificate: Certificate,
  server_name: ServerName,
  connection_pool_size: PoolSize,
});

const Oracle = z
  .strictObject({
    timeout: Timeout,
    service_name: Option.min(1).optional(),
    sid: Option.min(1).optional(),
    protocol: z.enum(['tcp', 'tcps']).default('tcp'),
    connection_pool_size: PoolSize,
  })
  .refine(({ service_name: service, sid }) => (service === undefined) !== (sid === undefined), 'needs either service_name or sid');

const NO_JOURNAL =
  'must be DELETE, TRUNCATE, PERSIST or WAL: a cancel ends the process that writes, and without a journal on the disk the file would be damaged';

const Sqlite = z.strictObject({
  timeout: Timeout,
  database_path: Text(4_096).regex(/^\//, 'must be an absolute path on the machine of the worker').meta({
    description:
      "File on the machine of the worker, within the folder that the worker's OPSCONDUCTOR_SQLITE_DIR names. It is never created.",
  }),
  journal_mode: z.enum(['DELETE', 'TRUNCATE', 'PERSIST', 'WAL'], NO_JOURNAL).optional().meta({
    description: 'Set before the first statement; left out: as the file has it.',
  }),
  synchronous: z.enum(['OFF', 'NORMAL', 'FULL', 'EXTRA']).default('NORMAL'),
});

const Mongodb = z.strictObject({
  timeout: Timeout,
  database: Option.min(1).default('admin'),
  auth_source: Option.min(1).default('admin'),
  replica_set: Option.min(1).optional(),
  ssl: z.boolean().default(false),
  verify_certs: Verify,
  ca_certificate: Certificate,
  server_name: ServerName,
  connection_pool_size: PoolSize,
});

const Redis = z.strictObject({
  timeout: Timeout,
  database: z.number().int().min(0).max(15).default(0),
  ssl: z.boolean().default(false),
  verify_certs: Verify,
  ca_certificate: Certificate,
  server_name: ServerName,
});

const Elasticsearch = z.strictObject({
  timeout: Timeout,
  ssl: z.boolean().default(false),
  verify_certs: Verify,
  ca_certificate: Certificate,
  server_name: ServerName,
  index_prefix: Option.regex(
    /^[^A-Z_\-+\\/*?"<>| ,#:%][^A-Z\\/*?"<>| ,#:%]*$/,
    'must be the beginning of a name of an index, in lower case',
  )
    .optional()
    .meta({ description: 'Begins the name of every index that a path names.' }),
});

/** Options of each method; host, port and secrets have fields of their own. Times in seconds. */
export const METHOD_CONFIGS = {
  ssh: Ssh,
  winrm: Winrm,
  telnet: Telnet,
  snmp: Snmp,
  rest_api: RestApi,
  smtp: Smtp,
  mysql: Mysql,
  postgresql: Postgresql,
  mssql: Mssql,
  oracle: Oracle,
  sqlite: Sqlite,
  mongodb: Mongodb,
  redis: Redis,
  elasticsearch: Elasticsearch,
} as const;

export type MethodConfig<Type extends keyof typeof METHOD_CONFIGS> = z.infer<(typeof METHOD_CONFIGS)[Type]>;
