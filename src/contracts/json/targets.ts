import { z } from 'zod';
import { Labels } from '../target.ts';
import { Text } from '../text.ts';

export const UniversalTargetsLabels = Labels;

const Option = Text(1_000);
const YesNo = z.enum(['yes', 'no']);
const Seconds = z.number().int().min(1).max(300);
const PoolSize = z.number().int().min(1).max(100);

const SYSTEM_OPTIONS = {
  timeout: Seconds,
  keepalive: z.number().int().min(0).max(300),
  key_algorithm: Option,
  transport: Option,
  version: z.enum(['1', '2c', '3']),
  retries: z.number().int().min(0).max(10),
  security_level: z.enum(['noAuthNoPriv', 'authNoPriv', 'authPriv']),
  auth_protocol: z.enum(['MD5', 'SHA']),
  privacy_protocol: z.enum(['DES', 'AES']),
  encoding: Option,
  newline: Option,
  protocol: z.enum(['http', 'https']),
  base_path: Option,
  verify_ssl: z.boolean(),
  use_tls: z.boolean(),
  use_ssl: z.boolean(),
  auth_required: z.boolean(),
  encryption: z.enum(['starttls', 'ssl', 'none']),
  server_type: z.enum(['smtp', 'exchange', 'gmail', 'outlook']),
  domain: Option,
  test_recipient: Option,
  connection_security: z.enum(['auto', 'ssl', 'starttls', 'none']),
};

const DATABASE_OPTIONS = {
  /** A name; of redis a number. */
  database: z.union([Option, z.number().int().min(0).max(15)]),
  charset: Option,
  /** The first four are those of mysql, the others of postgresql. */
  ssl_mode: z.enum([
    'disabled',
    'preferred',
    'required',
    'verify_identity',
    'disable',
    'allow',
    'prefer',
    'require',
    'verify-ca',
    'verify-full',
  ]),
  connection_pool_size: PoolSize,
  max_connections: z.number().int().min(1).max(1_000),
  driver: Option,
  encrypt: YesNo,
  trust_server_certificate: YesNo,
  service_name: Option,
  sid: Option,
  database_path: Text(4_096),
  journal_mode: z.enum(['DELETE', 'TRUNCATE', 'PERSIST', 'MEMORY', 'WAL', 'OFF']),
  synchronous: z.enum(['OFF', 'NORMAL', 'FULL', 'EXTRA']),
  auth_source: Option,
  replica_set: Option,
  ssl: z.boolean(),
  verify_certs: z.boolean(),
  index_prefix: Option,
};

/** Options of all 14 protocols; which of them a method type knows is for its transport to say. Host, port and secrets have columns. Times in seconds. */
export const TargetCommunicationMethodsConfig = z.strictObject({ ...SYSTEM_OPTIONS, ...DATABASE_OPTIONS }).partial();
