import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { cacheFolder } from './cache-folder.ts';
import { UserRole } from './contracts/enums.ts';
import { OpsError } from './domain/ops-error.ts';

/** How to reach a Temporal server that runs already. */
export interface TemporalServerConfig {
  address: string;
  namespace: string;
  apiKey: string | undefined;
  tls:
    | { serverName: string | undefined; caFile: string | undefined; certFile: string | undefined; keyFile: string | undefined }
    | undefined;
}

/** The OIDC provider at which people may log in. */
export interface OidcConfig {
  issuer: string;
  clientId: string;
  /** Undefined: a public client. */
  clientSecret: string | undefined;
  scopes: string;
  groupsClaim: string;
  /** Role by group; `*` is everybody. */
  roles: Readonly<Record<string, UserRole>>;
  linksByEmail: boolean;
  /** Programs get no code: on a machine that people share, another of them may wait at the port. */
  refusesLoopback: boolean;
  /** Of this API as browsers reach it. */
  publicUrl: string;
}

/** Everything that OpsConductor reads from its environment; parsed once by the command line, then passed down. */
export interface Config {
  /** Data folder of the embedded servers. */
  home: string;
  /** Downloads and built bundles that any folder may share. */
  cacheDir: string;
  /** Undefined: `up` starts its own Postgres. */
  databaseUrl: string | undefined;
  /** Connections one process opens at most. */
  databasePoolSize: number;
  /** Folder of pg_dump, pg_restore and psql; undefined: where they are usually installed. */
  postgresTools: string | undefined;
  /** Undefined: `up` starts its own Temporal. */
  temporal: TemporalServerConfig | undefined;
  api: { host: string; port: number };
  /** Undefined: people log in with passwords only. */
  oidc: OidcConfig | undefined;
  /** Proxies that are believed, as addresses and networks, and origins of pages that may call. */
  edge: { trustedProxies: string[]; corsOrigins: string[] };
  temporalPort: number;
  temporalUiPort: number;
  postgresPort: number;
  /** Key ring in the environment; undefined: the key file of the data folder. */
  keyRing: string | undefined;
  /** Prefix of the task queues, so that several installations may share a namespace. */
  taskQueuePrefix: string;
  worker: {
    /** SIGTERM: how long running commands may go on. */
    graceMs: number;
    /** Silence after which a running command counts as lost. */
    heartbeatTimeoutMs: number;
    maxConcurrentActions: number;
    /** Workflows answer the query `__stack_trace` (Call Stack in the Temporal UI), which costs a worker a tenth of its CPU. */
    stackTraces: boolean;
  };
  /** Where a worker that runs alone serves its probe and metrics; undefined: nowhere. */
  probe: { host: string; port: number } | undefined;
  /** Folder whose SQLite files methods may name; undefined: none. */
  sqliteFolder: string | undefined;
  client: { url: string | undefined; token: string | undefined; context: string | undefined; configFile: string };
  logLevel: string;
  /** Where traces are sent, with the path; undefined: nothing is traced. */
  tracesUrl: string | undefined;
  /** NO_COLOR is set, and not empty: no colours, also on a terminal (no-color.org). */
  noColor: boolean;
}

const Port = z.coerce.number().int().min(0).max(65535);
const Flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Tokens and codes go there: over TLS, or without leaving this machine. */
const SafeUrl = z
  .url({ protocol: /^https?$/ })
  .max(255)
  .refine((text) => {
    const { protocol, hostname, search, hash, username } = new URL(text);
    return (protocol === 'https:' || LOOPBACK_HOSTS.has(hostname)) && search === '' && hash === '' && username === '';
  }, 'must be an https address (http only on this machine), without a query');

const RoleMap = z.record(z.string().min(1), UserRole).refine((roles) => Object.keys(roles).length > 0, 'must name a group');

const Roles = z.string().transform((text, context): z.infer<typeof RoleMap> => {
  try {
    const parsed = RoleMap.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // Said below.
  }
  context.addIssue({
    code: 'custom',
    message: 'must be JSON such as {"ops-admins":"admin","*":"viewer"}: admin, operator or viewer by group',
  });
  return z.NEVER;
});

/** `10.0.0.0/8`, `192.0.2.1`, `2001:db8::/32`. */
const isNetwork = (text: string): boolean => {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
};

/** As browsers send it. */
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text);

const listOf = (isRight: (text: string) => boolean, message: string) =>
  z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .refine((items) => items.every(isRight), message);

const Environment = z.object({
  OPSCONDUCTOR_HOME: z.string().min(1).default('.opsconductor'),
  OPSCONDUCTOR_CACHE: z.string().min(1).optional(),
  XDG_CACHE_HOME: z.string().optional(),
  XDG_CONFIG_HOME: z.string().optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  OPSCONDUCTOR_DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(20),
  OPSCONDUCTOR_PG_BIN: z.string().min(1).optional(),
  TEMPORAL_ADDRESS: z.string().min(1).optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS: Flag.optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().min(1).optional(),
  TEMPORAL_TLS_CA: z.string().min(1).optional(),
  TEMPORAL_TLS_CERT: z.string().min(1).optional(),
  TEMPORAL_TLS_KEY: z.string().min(1).optional(),
  OPSCONDUCTOR_HOST: z.string().min(1).default('127.0.0.1'),
  OPSCONDUCTOR_PORT: Port.default(4680),
  OPSCONDUCTOR_PUBLIC_URL: SafeUrl.optional(),
  OPSCONDUCTOR_OIDC_ISSUER: SafeUrl.optional(),
  OPSCONDUCTOR_OIDC_CLIENT_ID: z.string().min(1).optional(),
  OPSCONDUCTOR_OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  OPSCONDUCTOR_OIDC_SCOPES: z
    .string()
    .refine((scopes) => scopes.split(' ').includes('openid'), 'must have openid')
    .default('openid email profile'),
  OPSCONDUCTOR_OIDC_GROUPS_CLAIM: z.string().min(1).default('groups'),
  OPSCONDUCTOR_OIDC_ROLES: Roles.optional(),
  OPSCONDUCTOR_OIDC_LINK_BY_EMAIL: Flag.default(false),
  OPSCONDUCTOR_OIDC_LOOPBACK: Flag.default(true),
  OPSCONDUCTOR_TRUSTED_PROXIES: listOf(isNetwork, 'must be addresses or networks such as 10.0.0.0/8, separated by commas'),
  OPSCONDUCTOR_CORS_ORIGINS: listOf(
    isOrigin,
    'must be origins such as https://ops.example.org, separated by commas, without a path and never *',
  ),
  OPSCONDUCTOR_TEMPORAL_PORT: Port.default(4681),
  OPSCONDUCTOR_TEMPORAL_UI_PORT: Port.default(4682),
  OPSCONDUCTOR_POSTGRES_PORT: Port.default(4683),
  OPSCONDUCTOR_KEYS: z.string().min(1).optional(),
  OPSCONDUCTOR_TASK_QUEUE: z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .default('ops'),
  OPSCONDUCTOR_GRACE_SECONDS: z.coerce.number().min(0).max(86_400).default(30),
  OPSCONDUCTOR_HEARTBEAT_SECONDS: z.coerce.number().min(3).max(3_600).default(60),
  OPSCONDUCTOR_SQLITE_DIR: z.string().regex(/^\//, 'must be an absolute path').optional(),
  OPSCONDUCTOR_PROBE_HOST: z.string().min(1).default('127.0.0.1'),
  OPSCONDUCTOR_PROBE_PORT: Port.optional(),
  OPSCONDUCTOR_MAX_ACTIONS: z.coerce.number().int().min(1).max(2_000).default(200),
  OPSCONDUCTOR_STACK_TRACES: Flag.default(false),
  OPSCONDUCTOR_URL: z.url({ protocol: /^https?$/ }).optional(),
  OPSCONDUCTOR_TOKEN: z.string().min(1).optional(),
  OPSCONDUCTOR_CONTEXT: z.string().min(1).optional(),
  NO_COLOR: z.string().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_TRACES_EXPORTER: z.string().optional(),
  OTEL_SDK_DISABLED: z.string().optional(),
  OPSCONDUCTOR_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

type Environment = z.infer<typeof Environment>;

const temporalOf = (env: Environment): TemporalServerConfig | undefined => {
  if (env.TEMPORAL_ADDRESS === undefined) return undefined;
  const files = [env.TEMPORAL_TLS_CA, env.TEMPORAL_TLS_CERT, env.TEMPORAL_TLS_KEY, env.TEMPORAL_TLS_SERVER_NAME];
  const tls = env.TEMPORAL_TLS ?? (env.TEMPORAL_API_KEY !== undefined || files.some((value) => value !== undefined));
  return {
    address: env.TEMPORAL_ADDRESS,
    namespace: env.TEMPORAL_NAMESPACE,
    apiKey: env.TEMPORAL_API_KEY,
    tls: tls
      ? {
          serverName: env.TEMPORAL_TLS_SERVER_NAME,
          caFile: env.TEMPORAL_TLS_CA,
          certFile: env.TEMPORAL_TLS_CERT,
          keyFile: env.TEMPORAL_TLS_KEY,
        }
      : undefined,
  };
};

const OIDC_NEEDS = ['OPSCONDUCTOR_OIDC_CLIENT_ID', 'OPSCONDUCTOR_OIDC_ROLES', 'OPSCONDUCTOR_PUBLIC_URL'] as const;

const oidcOf = (env: Environment): OidcConfig | undefined => {
  const { OPSCONDUCTOR_OIDC_ISSUER: issuer, OPSCONDUCTOR_OIDC_CLIENT_ID: clientId, OPSCONDUCTOR_OIDC_ROLES: roles } = env;
  const publicUrl = env.OPSCONDUCTOR_PUBLIC_URL;
  if (issuer === undefined || clientId === undefined || roles === undefined || publicUrl === undefined) return undefined;
  return {
    issuer,
    clientId,
    clientSecret: env.OPSCONDUCTOR_OIDC_CLIENT_SECRET,
    scopes: env.OPSCONDUCTOR_OIDC_SCOPES,
    groupsClaim: env.OPSCONDUCTOR_OIDC_GROUPS_CLAIM,
    roles,
    linksByEmail: env.OPSCONDUCTOR_OIDC_LINK_BY_EMAIL,
    refusesLoopback: !env.OPSCONDUCTOR_OIDC_LOOPBACK,
    publicUrl: publicUrl.replace(/\/+$/, ''),
  };
};

/** Half a provider would let nobody in, or be thought to be there. */
const refuseHalfOidc = (env: Environment): string[] => {
  const { OPSCONDUCTOR_OIDC_ISSUER: issuer, OPSCONDUCTOR_OIDC_CLIENT_ID: clientId } = env;
  if (issuer !== undefined)
    return OIDC_NEEDS.filter((name) => env[name] === undefined).map((name) => `${name}: is missing beside OPSCONDUCTOR_OIDC_ISSUER`);
  return clientId === undefined ? [] : ['OPSCONDUCTOR_OIDC_ISSUER: is missing beside OPSCONDUCTOR_OIDC_CLIENT_ID'];
};

/** A certificate is of no use without its key, and the other way round; a wish for TLS needs a server. */
const refuseHalves = ({
  TEMPORAL_TLS_CERT: cert,
  TEMPORAL_TLS_KEY: key,
  TEMPORAL_TLS: tls,
  TEMPORAL_API_KEY: apiKey,
}: Environment): string[] => [
  ...(cert !== undefined && key === undefined ? ['TEMPORAL_TLS_KEY: is missing beside TEMPORAL_TLS_CERT'] : []),
  ...(key !== undefined && cert === undefined ? ['TEMPORAL_TLS_CERT: is missing beside TEMPORAL_TLS_KEY'] : []),
  ...(tls === false && apiKey !== undefined
    ? ['TEMPORAL_TLS: must not be off with TEMPORAL_API_KEY, which would be sent in the clear']
    : []),
];

/** As OpenTelemetry says: the endpoint of traces is whole, the one of everything gets their path. */
const tracesUrlOf = (env: z.infer<typeof Environment>): string | undefined => {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return undefined;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base === undefined ? undefined : `${base.replace(/\/$/, '')}/v1/traces`);
};

/**
 * Parses the environment. Empty variables count as absent.
 * @throws OpsError VALIDATION naming every variable that is wrong and why; values are not repeated, since some are secrets.
 */
export const parseConfig = (environment: Record<string, string | undefined> = process.env): Config => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = Environment.safeParse(given);
  const wrong = parsed.success
    ? [...refuseHalves(parsed.data), ...refuseHalfOidc(parsed.data)]
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (!parsed.success || wrong.length > 0) throw new OpsError('VALIDATION', `The environment is not usable. ${wrong.join('; ')}`);
  const env = parsed.data;
  return {
    home: resolve(env.OPSCONDUCTOR_HOME),
    cacheDir: cacheFolder(env),
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.OPSCONDUCTOR_DATABASE_POOL,
    postgresTools: env.OPSCONDUCTOR_PG_BIN === undefined ? undefined : resolve(env.OPSCONDUCTOR_PG_BIN),
    temporal: temporalOf(env),
    api: { host: env.OPSCONDUCTOR_HOST, port: env.OPSCONDUCTOR_PORT },
    oidc: oidcOf(env),
    edge: { trustedProxies: env.OPSCONDUCTOR_TRUSTED_PROXIES, corsOrigins: env.OPSCONDUCTOR_CORS_ORIGINS },
    temporalPort: env.OPSCONDUCTOR_TEMPORAL_PORT,
    temporalUiPort: env.OPSCONDUCTOR_TEMPORAL_UI_PORT,
    postgresPort: env.OPSCONDUCTOR_POSTGRES_PORT,
    keyRing: env.OPSCONDUCTOR_KEYS,
    taskQueuePrefix: env.OPSCONDUCTOR_TASK_QUEUE,
    worker: {
      graceMs: env.OPSCONDUCTOR_GRACE_SECONDS * 1_000,
      heartbeatTimeoutMs: env.OPSCONDUCTOR_HEARTBEAT_SECONDS * 1_000,
      maxConcurrentActions: env.OPSCONDUCTOR_MAX_ACTIONS,
      stackTraces: env.OPSCONDUCTOR_STACK_TRACES,
    },
    probe: env.OPSCONDUCTOR_PROBE_PORT === undefined ? undefined : { host: env.OPSCONDUCTOR_PROBE_HOST, port: env.OPSCONDUCTOR_PROBE_PORT },
    sqliteFolder: env.OPSCONDUCTOR_SQLITE_DIR,
    client: {
      url: env.OPSCONDUCTOR_URL,
      token: env.OPSCONDUCTOR_TOKEN,
      context: env.OPSCONDUCTOR_CONTEXT,
      configFile: join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'opsconductor', 'config.json'),
    },
    logLevel: env.OPSCONDUCTOR_LOG_LEVEL,
    tracesUrl: tracesUrlOf(env),
    noColor: env.NO_COLOR !== undefined,
  };
};
