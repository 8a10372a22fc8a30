import { z } from 'zod';

export const TargetType = z.enum(['system', 'api', 'database', 'email', 'web', 'communication']);
export type TargetType = z.infer<typeof TargetType>;

export const TargetEnvironment = z.enum(['production', 'staging', 'development', 'testing']);
export type TargetEnvironment = z.infer<typeof TargetEnvironment>;

export const TargetStatus = z.enum(['active', 'inactive', 'maintenance']);
export type TargetStatus = z.infer<typeof TargetStatus>;

export const HealthStatus = z.enum(['healthy', 'warning', 'critical', 'unknown']);
export type HealthStatus = z.infer<typeof HealthStatus>;

export const CommunicationMethodType = z.enum([
  'ssh',
  'winrm',
  'snmp',
  'telnet',
  'rest_api',
  'smtp',
  'mysql',
  'postgresql',
  'mssql',
  'oracle',
  'sqlite',
  'mongodb',
  'redis',
  'elasticsearch',
]);
export type CommunicationMethodType = z.infer<typeof CommunicationMethodType>;

export const CredentialType = z.enum(['password', 'ssh_key', 'snmp_community', 'snmp_v3', 'api_key', 'api_token', 'client_certificate']);
export type CredentialType = z.infer<typeof CredentialType>;

export const EncryptionAlgorithm = z.enum(['aes-256-gcm']);

export const TestResult = z.enum(['success', 'failure']);
export type TestResult = z.infer<typeof TestResult>;
