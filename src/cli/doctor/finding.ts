/** What a look at one thing has shown. */
export interface Finding {
  /** `missing` stops OpsConductor; `note` does not. */
  state: 'ok' | 'note' | 'missing';
  what: string;
  message: string;
}

/** Something that is worth knowing and stops nothing. */
export class Note extends Error {}

const CHECK_LIMIT_MS = 8_000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Looks at one thing: what it says is fine, what it throws is missing, or a note. No look takes longer than eight seconds. */
export const check = async (what: string, look: () => Promise<string>): Promise<Finding> => {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new Error(`no answer in ${CHECK_LIMIT_MS / 1_000} s`)), CHECK_LIMIT_MS);
  try {
    return { state: 'ok', what, message: await Promise.race([look(), limit.promise]) };
  } catch (error) {
    return { state: error instanceof Note ? 'note' : 'missing', what, message: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
};
