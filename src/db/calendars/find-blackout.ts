import type { Sequelize } from 'sequelize';

export interface Blackout {
  calendar: string;
  summary: string | null;
  effect: 'skip' | 'postpone';
  until: Date | null;
}

export const findBlackout = async (
  _db: Sequelize,
  _question: { calendars: readonly string[]; jobId: number; targetSelection: { target_uuids?: string[]; selector?: string } },
  _at: Date,
): Promise<Blackout | undefined> => undefined;
