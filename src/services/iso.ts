/** SQL for a time as the API shows it everywhere: ISO 8601, UTC, milliseconds. */
export const iso = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
