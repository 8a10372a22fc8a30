import type { ActionType, CommunicationMethodType, CredentialType } from './enums.ts';

/** What a method of communication can do. `oids`: SNMP get, set and walk. */
export type Capability = 'command' | 'script' | 'files' | 'query' | 'request' | 'send' | 'oids';

interface MethodFacts {
  label: string;
  defaultPort: number | null;
  capabilities: readonly Capability[];
  credentialTypes: readonly CredentialType[];
  /** A method without a credential can be used. */
  isCredentialOptional: boolean;
}

/** The fourteen methods: what each can do, and with which credentials. */
export const METHODS: Readonly<Record<CommunicationMethodType, MethodFacts>> = {
  ssh: {
    label: 'SSH',
    defaultPort: 22,
    capabilities: ['command', 'script', 'files'],
    credentialTypes: ['password', 'ssh_key'],
    isCredentialOptional: false,
  },
  winrm: {
    label: 'WinRM',
    defaultPort: 5985,
    capabilities: ['command', 'script', 'files'],
    credentialTypes: ['password'],
    isCredentialOptional: false,
  },
  telnet: { label: 'Telnet', defaultPort: 23, capabilities: ['command'], credentialTypes: ['password'], isCredentialOptional: false },
  snmp: {
    label: 'SNMP',
    defaultPort: 161,
    capabilities: ['oids'],
    credentialTypes: ['snmp_community', 'snmp_v3'],
    isCredentialOptional: false,
  },
  rest_api: {
    label: 'REST API',
    defaultPort: 80,
    capabilities: ['request'],
    credentialTypes: ['api_key', 'api_token', 'password', 'client_certificate'],
    isCredentialOptional: true,
  },
  smtp: { label: 'SMTP', defaultPort: 587, capabilities: ['send'], credentialTypes: ['password'], isCredentialOptional: true },
  mysql: { label: 'MySQL/MariaDB', defaultPort: 3306, capabilities: ['query'], credentialTypes: ['password'], isCredentialOptional: false },
  postgresql: {
    label: 'PostgreSQL',
    defaultPort: 5432,
    capabilities: ['query'],
    credentialTypes: ['password'],
    isCredentialOptional: false,
  },
  mssql: {
    label: 'Microsoft SQL Server',
    defaultPort: 1433,
    capabilities: ['query'],
    credentialTypes: ['password'],
    isCredentialOptional: false,
  },
  oracle: {
    label: 'Oracle Database',
    defaultPort: 1521,
    capabilities: ['query'],
    credentialTypes: ['password'],
    isCredentialOptional: false,
  },
  sqlite: { label: 'SQLite', defaultPort: null, capabilities: ['query'], credentialTypes: [], isCredentialOptional: true },
  mongodb: { label: 'MongoDB', defaultPort: 27017, capabilities: ['query'], credentialTypes: ['password'], isCredentialOptional: true },
  redis: { label: 'Redis', defaultPort: 6379, capabilities: ['query'], credentialTypes: ['password'], isCredentialOptional: true },
  elasticsearch: {
    label: 'Elasticsearch',
    defaultPort: 9200,
    capabilities: ['request'],
    credentialTypes: ['password', 'api_key', 'api_token', 'client_certificate'],
    isCredentialOptional: true,
  },
};

/** An action runs over a method that has one of these; none: no target's method is used. */
export const ACTION_NEEDS: Readonly<Record<ActionType, readonly Capability[]>> = {
  command: ['command', 'oids'],
  script: ['script'],
  file: ['files'],
  file_transfer: ['files'],
  api: ['request'],
  database: ['query'],
  email: ['send'],
  condition: [],
  parallel: [],
  wait: [],
  approval: [],
};

/** Can an action of this type run over a method of that type? */
export const canServe = (method: CommunicationMethodType, action: ActionType): boolean =>
  METHODS[method].capabilities.some((capability) => ACTION_NEEDS[action].includes(capability));
