import oracledb from 'oracledb';
import type { BindParameter, DbType, FetchTypeResponse, Metadata } from 'oracledb';
import type { BoundText } from '../../contracts/transport.ts';
import { integerValue } from '../sql/json-value.ts';
import { withDigits } from './oracle-moments.ts';

/** The driver leaves out the 0 before a point. */
const numberText = (text: unknown): unknown => (typeof text === 'string' ? text.replace(/^-?(?=\.)/, '$&0') : text);

const wholeNumber = (text: unknown): unknown => (typeof text === 'string' ? integerValue(text) : text);

type Reader = (column: { scale: number; precision: number }) => FetchTypeResponse;

const asText: Reader = () => ({ type: oracledb.STRING });
const asMoment: Reader = ({ precision }) => ({ type: oracledb.STRING, converter: withDigits(precision) });

const READERS = new Map<DbType, Reader>([
  [
    oracledb.DB_TYPE_NUMBER,
    ({ scale, precision }) => ({ type: oracledb.STRING, converter: scale === 0 && precision > 0 ? wholeNumber : numberText }),
  ],
  [oracledb.DB_TYPE_DATE, () => ({ type: oracledb.STRING, converter: withDigits(0) })],
  [oracledb.DB_TYPE_TIMESTAMP, asMoment],
  [oracledb.DB_TYPE_TIMESTAMP_TZ, asMoment],
  [oracledb.DB_TYPE_TIMESTAMP_LTZ, asMoment],
  [oracledb.DB_TYPE_CLOB, asText],
  [oracledb.DB_TYPE_NCLOB, asText],
  [oracledb.DB_TYPE_BLOB, () => ({ type: oracledb.BUFFER })],
]);

/** Numbers of up to 38 digits, dates and moments come as text, large objects as a whole. */
export const fetchTypeHandler = ({ dbType, scale = 0, precision = 0 }: Metadata<unknown>): FetchTypeResponse | undefined =>
  dbType === undefined ? undefined : READERS.get(dbType)?.({ scale, precision });

/** Before version 23 the server has no booleans: yes and no are 1 and 0. */
const bindOf = (value: BoundText['values'][number]): BindParameter => {
  if (typeof value === 'boolean') return { val: value ? 1 : 0, type: oracledb.NUMBER };
  return { val: value, type: typeof value === 'number' ? oracledb.NUMBER : oracledb.STRING };
};

/** Values by the names that `placeholder` gives them. */
export const bindsOf = ({ values }: BoundText): Record<string, BindParameter> =>
  Object.fromEntries(values.map((value, index) => [`ops_value_${index + 1}`, bindOf(value)]));

export const placeholder = (number: number): string => `:ops_value_${number}`;
