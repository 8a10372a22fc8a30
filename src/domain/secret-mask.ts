/** What stands where a secret was. */
export const MASK = '********';
const SHORTEST_SECRET = 4;
const SHORTEST_KEY_LINE = 16;

/** Replaces secrets in text that people may read. */
export interface SecretMask {
  (text: string): string;
  /** Masks the beginning of a text that goes on, as far as nothing that follows can change it; `rest` is to be given again with what follows. */
  head(text: string): { masked: string; rest: string };
  /** Longest secret, in characters. */
  readonly longest: number;
}

const escapeForRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const shapesOf = (secret: string): string[] => {
  const lines = secret.includes('\n') ? secret.split('\n').map((line) => line.trim()) : [];
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret.toWellFormed());
  // Files end in a newline and shells drop it: a secret is also what is left of it without space around it.
  const strictUrl = url.replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  // As they stand inside the quotes of a POSIX shell and of PowerShell.
  const quoted = [`'\\''`, "''"].map((quote) => secret.replaceAll("'", quote));
  return [secret, secret.trim(), json, url, strictUrl, ...quoted, ...lines.filter((line) => line.length >= SHORTEST_KEY_LINE)];
};

/**
 * A mask for these secrets, also in their JSON, URL and shell forms and, for keys of several lines, each line.
 * Secrets of fewer than four characters are not masked: replacing them would shred ordinary text and point at what they are.
 */
export const createSecretMask = (secrets: readonly string[]): SecretMask => {
  const shapes = [...new Set(secrets.flatMap(shapesOf))]
    .filter((shape) => shape.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
  const longest = shapes[0]?.length ?? 0;
  if (longest === 0) return Object.assign((text: string) => text, { head: (text: string) => ({ masked: text, rest: '' }), longest });
  const pattern = new RegExp(shapes.map(escapeForRegExp).join('|'), 'g');

  const head = (text: string): { masked: string; rest: string } => {
    // A secret that begins here or before is all there; of one that begins later the end may be missing.
    const lastSure = text.length - longest;
    if (lastSure < 0) return { masked: '', rest: text };
    let masked = '';
    let at = 0;
    for (const { index, 0: found } of text.matchAll(pattern)) {
      if (index > lastSure) break;
      masked += text.slice(at, index) + MASK;
      at = index + found.length;
    }
    const end = Math.max(at, lastSure + 1);
    return { masked: masked + text.slice(at, end), rest: text.slice(end) };
  };
  return Object.assign((text: string) => text.replace(pattern, MASK), { head, longest });
};

/** Does a text hold what a mask puts in the place of a secret? A program may print the same by itself. */
export const holdsMask = (text: string): boolean => text.includes(MASK);

/** The same mask, which notes whether it has replaced anything. */
export const watchMask = (mask: SecretMask): { mask: SecretMask; hasReplaced(): boolean } => {
  let hasReplaced = false;
  const watched = (text: string): string => {
    const masked = mask(text);
    hasReplaced ||= masked !== text;
    return masked;
  };
  const head: SecretMask['head'] = (text) => {
    const cut = mask.head(text);
    hasReplaced ||= !text.startsWith(cut.masked);
    return cut;
  };
  return { mask: Object.assign(watched, { head, longest: mask.longest }), hasReplaced: () => hasReplaced };
};
