declare global {
  /** Parts of ES2026 that Node has and the compiler does not know yet. */
  interface JSON {
    parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

/** Keys of a row's object: columns of the same name get `_2`, `_3` …; one without a name is `column_<n>`. */
export const columnKeys = (names: readonly string[]): string[] => {
  const used = new Set<string>();
  return names.map((name, index) => {
    const wanted = name === '' ? `column_${index + 1}` : name;
    let key = wanted;
    for (let count = 2; used.has(key); count += 1) key = `${wanted}_${count}`;
    used.add(key);
    return key;
  });
};

/**
 * A value as JSON can hold it: whole numbers beyond 2^53 as their digits, NaN and the infinities by name, bytes as base64, moments as ISO 8601 in UTC,
 * what is missing as null.
 */
export const toJsonValue = (value: unknown): unknown => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return integerValue(value.toString());
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (typeof value !== 'object' || JSON.isRawJSON(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJsonValue(member)]));
};

/** A whole number from its digits; the digits themselves when a JSON number would not hold it exactly. */
export const integerValue = (digits: string): number | string => {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : digits;
};

/** JSON whose numbers keep their digits when they are written again. */
export const exactJson = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? JSON.rawJSON(source) : value,
  );
