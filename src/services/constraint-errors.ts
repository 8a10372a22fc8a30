import { DatabaseError, UniqueConstraintError } from 'sequelize';
import type { OpsError } from '../domain/ops-error.ts';

const constraintOf = (error: unknown): string | undefined => {
  // Sequelize's error of a doubled value is no DatabaseError, unlike those of all other constraints.
  if (!(error instanceof DatabaseError || error instanceof UniqueConstraintError)) return undefined;
  const { parent } = error;
  return 'constraint' in parent && typeof parent.constraint === 'string' ? parent.constraint : undefined;
};

/** Runs a write; a violated constraint that the table names becomes that error, anything else passes. */
export const withConstraints = async <T>(errors: Readonly<Record<string, () => OpsError>>, write: () => Promise<T>): Promise<T> => {
  try {
    return await write();
  } catch (error) {
    const known = errors[constraintOf(error) ?? ''];
    if (known === undefined) throw error;
    throw known();
  }
};
