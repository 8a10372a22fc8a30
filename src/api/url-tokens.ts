const OWN_TOKEN = /ops_[st]_[\w-]{20,}/g;
/** As often as a proxy and a router may decode; a bound, so that nobody makes work by encoding an encoding. */
const MOST_DECODINGS = 3;

/** The characters of tokens without their percent-encoding; what is no encoding stays. */
const decoded = (text: string, left = MOST_DECODINGS): string => {
  const plain = text.replaceAll(/%([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
  return plain === text || left === 1 ? plain : decoded(plain, left - 1);
};

/** Is a token of ours in this text of an address, also one that is percent-encoded? */
export const holdsToken = (text: string): boolean => decoded(text).search(OWN_TOKEN) >= 0;

/** A path for the log: addresses are no place for tokens, but somebody may put a live one there. */
export const withoutTokens = (path: string): string => (holdsToken(path) ? decoded(path).replaceAll(OWN_TOKEN, '(a token)') : path);
