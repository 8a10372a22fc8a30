import type { Sequelize } from 'sequelize';

interface Pool {
  using: number;
  available: number;
  waiting: number;
  maxSize: number;
}

/** How the connections of this process are used now. */
export const poolState = (db: Sequelize): { used: number; idle: number; waiting: number } => {
  const { pool } = db.connectionManager as unknown as { pool: Pool };
  return { used: pool.using, idle: pool.available, waiting: pool.waiting };
};

/** Connections that this process opens at most. */
export const poolSize = (db: Sequelize): number => (db.connectionManager as unknown as { pool: Pool }).pool.maxSize;
