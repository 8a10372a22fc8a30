export { assertMigrated, migrate } from './migrations/migrate.ts';
export { readMigrations } from './migrations/read-files.ts';
