import oracledb from 'oracledb';
import type { Connection } from 'oracledb';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { abortable } from '../abortable.ts';
import { passwordOf, placeOf } from '../sql/sql-endpoint.ts';
import { cuttable } from './cuttable.ts';
import { toConnectError } from './oracle-errors.ts';
import { readMomentsAsText } from './oracle-moments.ts';

type Config = MethodConfig<'oracle'>;

export interface OracleConnection {
  connection: Connection;
  /** Drops the connection without a word, whatever it waits for. */
  cut(): void;
}

const NAME = /^[\w.$#:-]+$/;
/** How the server reads and writes dates, moments and numbers where a statement turns text into them or them into text. */
const FORMATS = `ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF' NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF TZH:TZM' NLS_NUMERIC_CHARACTERS = '.,'`;

const serviceOf = ({ service_name: service, sid }: Config): string => service ?? sid ?? '';

/** @throws OpsError VALIDATION for a name that would be more than a name in the text that the driver takes. */
const addressOf = (endpoint: Endpoint, config: Config): string => {
  const { host, port, connectTimeoutMs } = endpoint;
  const service = serviceOf(config);
  for (const name of [host, service])
    if (!NAME.test(name))
      throw new OpsError(
        'VALIDATION',
        `${placeOf(endpoint)}: host, service_name and sid are made of letters, digits and . _ $ # : - only.`,
      );
  const seconds = Math.ceil(connectTimeoutMs / 1_000);
  // EXPIRE_TIME: minutes without a word, after which the connection is asked whether it still is.
  const data = config.sid === undefined ? `SERVICE_NAME=${service}` : `SID=${service}`;
  return `(DESCRIPTION=(EXPIRE_TIME=1)(CONNECT_TIMEOUT=${seconds})(ADDRESS=(PROTOCOL=${config.protocol})(HOST=${host})(PORT=${port}))(CONNECT_DATA=(${data})))`;
};

/** Logs in and sets the session up. Whatever fails, and when the signal aborts, no connection stays. */
export const connectOracle = async (endpoint: Endpoint, config: Config, signal: AbortSignal): Promise<OracleConnection> => {
  const { username: user, password } = passwordOf(endpoint);
  const connectString = addressOf(endpoint, config);
  const { working, cut } = cuttable(() => oracledb.getConnection({ user, password, connectString }));
  try {
    const connection = await abortable(signal, cut, working);
    await abortable(signal, cut, connection.execute(FORMATS));
    readMomentsAsText(connection);
    return { connection, cut };
  } catch (cause) {
    cut();
    if (signal.aborted) throw signal.reason;
    throw toConnectError(endpoint, serviceOf(config), cause);
  }
};
