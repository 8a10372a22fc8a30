/** Terminals obey these; some readers take some of them for the end of a line, or turn the text around. */
const CONTROLS = /(?!\t)[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
const PICTURES = 0x2400;

/** `\u0085` for U+0085. */
export const escapeSign = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

const show = (sign: string): string => {
  const code = sign.charCodeAt(0);
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(PICTURES + code) : escapeSign(sign);
};

/** Text in which every control character but tab is seen and does nothing: those of ASCII as `␍`, `␛` and the like, others as `\u0085`. */
export const showControls = (text: string): string => text.replace(CONTROLS, show);
