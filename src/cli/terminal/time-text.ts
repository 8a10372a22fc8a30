const two = (number: number): string => String(number).padStart(2, '0');

/** A time of the API in the time zone of this machine: `2025-03-01 14:05:09`; empty for none. */
export const timeText = (iso: string | null): string => {
  if (iso === null) return '';
  const time = new Date(iso);
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
};
