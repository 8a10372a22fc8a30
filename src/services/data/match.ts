import type { DataType } from '../../contracts/data-transfer.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ImportContext } from './kinds/kind.ts';

/** Something that there is. */
export interface Known {
  id: number;
  serial: string;
  uuid: string;
  name: string;
}

/** By what an item names something. */
export interface Wanted {
  serial?: string | undefined;
  uuid?: string | undefined;
  name: string;
}

/**
 * Finds things by what items say of them: by the uuid; without one by the serial; else by the name. A serial beside a uuid that nothing has here is
 * that of another installation, where it names something else.
 * @returns a function that throws OpsError AMBIGUOUS
 */
export const finderOf = <One extends Known>(known: readonly One[]): ((wanted: Wanted) => One | undefined) => {
  const byUuid = new Map(known.map((one) => [one.uuid, one]));
  const bySerial = new Map(known.map((one) => [one.serial, one]));
  const byName = Map.groupBy(known, ({ name }) => name);
  return ({ uuid, serial, name }) => {
    const found = uuid === undefined ? bySerial.get(serial ?? '') : byUuid.get(uuid.toLowerCase());
    if (found !== undefined) return found;
    const named = byName.get(name) ?? [];
    if (named.length > 1)
      throw new OpsError(
        'AMBIGUOUS',
        `${named.length} things have the name ${name}: ${named
          .map((one) => one.serial)
          .slice(0, 5)
          .join(', ')}. Give the row the serial of the one that is meant.`,
        { fields: [{ path: 'name', message: 'is the name of several' }] },
      );
    return named[0];
  };
};

/** Notes what a row becomes. @throws OpsError AMBIGUOUS when another one became it */
export const claim = ({ claims }: ImportContext, type: DataType, key: number | string, row: number): void => {
  const place = `${type}/${key}`;
  const other = claims.get(place);
  if (other !== undefined && other !== row)
    throw new OpsError(
      'AMBIGUOUS',
      `Row ${other} names the same thing. Of several rows with one name, each needs the uuid or serial of what it means.`,
      {
        fields: [{ path: 'name', message: `is that of row ${other}, too` }],
      },
    );
  claims.set(place, row);
};

/** Ids of the things of a type that rows have become. */
export const claimedIds = ({ claims }: ImportContext, type: DataType): number[] =>
  [...claims.keys()].flatMap((place) => {
    const [of, key] = place.split('/');
    return of === type && /^\d+$/.test(key ?? '') ? [Number(key)] : [];
  });
