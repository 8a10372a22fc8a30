import type { CommunicationMethodType } from '../contracts/enums.ts';

const SCHEMES: Readonly<Record<string, CommunicationMethodType>> = {
  postgres: 'postgresql',
  postgresql: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mysql',
  mssql: 'mssql',
  sqlserver: 'mssql',
  oracle: 'oracle',
  sqlite: 'sqlite',
  mongodb: 'mongodb',
  redis: 'redis',
};

/** What a connectionString may begin with. */
export const SCHEME_NAMES: readonly string[] = Object.keys(SCHEMES);

/** The method that a scheme such as `mariadb` stands for. */
export const methodOfScheme = (scheme: string): CommunicationMethodType | undefined => SCHEMES[scheme];
