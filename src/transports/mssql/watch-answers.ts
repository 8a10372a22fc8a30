import type { Connection } from 'tedious';

type Take = (token: unknown) => void;

/** What the answer to the statement that runs has told so far. */
export interface Told {
  /** A statement of it is done. */
  isDone: boolean;
}

/** They come behind each statement (MS-TDS 2.2.7.6 to 2.2.7.8). */
const ENDS = ['onDone', 'onDoneInProc', 'onDoneProc'] as const;

const isSet = (token: unknown, flag: 'sqlError' | 'attention'): boolean =>
  typeof token === 'object' && token !== null && Reflect.get(token, flag) === true;

/**
 * Once the driver has cancelled a statement it keeps silent about the answer to it, and says that it was cancelled even where the server had done it
 * before the cancel came. So its tokens are seen here.
 */
export const watchAnswers = (connection: Connection): Told => {
  const told: Told = { isDone: false };
  const parse: unknown = Reflect.get(connection, 'createTokenStreamParser');
  if (typeof parse !== 'function') return told;
  Reflect.set(connection, 'createTokenStreamParser', (message: unknown, handler: object): unknown => {
    for (const name of ENDS) {
      const take: unknown = Reflect.get(handler, name);
      if (typeof take !== 'function') continue;
      Reflect.set(handler, name, ((token) => {
        told.isDone ||= !isSet(token, 'sqlError') && !isSet(token, 'attention');
        Reflect.apply(take, handler, [token]);
      }) satisfies Take);
    }
    return Reflect.apply(parse, connection, [message, handler]) as unknown;
  });
  return told;
};
