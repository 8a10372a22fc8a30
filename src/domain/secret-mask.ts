const MASK = '********';
const SHORTEST_SECRET = 4;
const SHORTEST_KEY_LINE = 16;

/** Replaces secrets in text that people may read. */
export interface SecretMask {
  (text: string): string;
  /** Longest secret, in characters: text cut at any place must overlap by this much to be masked. */
  readonly longest: number;
}

const escapeForRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const shapesOf = (secret: string): string[] => {
  const lines = secret.includes('\n') ? secret.split('\n').map((line) => line.trim()) : [];
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), ...lines.filter((line) => line.length >= SHORTEST_KEY_LINE)];
};

/**
 * A mask for these secrets, also in their JSON and URL forms and, for keys of several lines, each line.
 * Secrets of fewer than four characters are not masked: replacing them would shred ordinary text and point at what they are.
 */
export const createSecretMask = (secrets: readonly string[]): SecretMask => {
  const shapes = [...new Set(secrets.flatMap(shapesOf))]
    .filter((shape) => shape.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
  const pattern = shapes.length === 0 ? undefined : new RegExp(shapes.map(escapeForRegExp).join('|'), 'g');
  const mask = (text: string): string => (pattern === undefined ? text : text.replace(pattern, MASK));
  return Object.assign(mask, { longest: shapes[0]?.length ?? 0 });
};
