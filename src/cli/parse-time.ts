import { InvalidArgumentError } from 'commander';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const AGO = /^(\d{1,6})([smhd])$/;

/** Parser of an option that is a time: `2025-03-01`, `2025-03-01T09:00` (in the zone of this machine), or how long ago: `90s`, `30m`, `2h`, `3d`. @throws InvalidArgumentError */
export const parseTime = (text: string): string => {
  const [, amount, unit] = AGO.exec(text) ?? [];
  if (amount !== undefined) return new Date(Date.now() - Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]).toISOString();
  // A day alone would be read as one of UTC.
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text.length === 10 ? `${text}T00:00` : text) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('It must be a time such as 2025-03-01T09:00, or how long ago, such as 30m, 2h or 3d.');
  return time.toISOString();
};
