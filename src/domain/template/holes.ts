/** Stands for a reference in a text that is scanned: no text of a job can hold it. */
export const HOLE = '\0';

/** A text that is read from left to right, and what was found about its holes so far. */
export interface HoleScan<Position> {
  text: string;
  at: number;
  positions: Position[];
}

/** Reads on to `end`; each hole on the way has this position. */
export const placeAll = <Position>(scan: HoleScan<Position>, end: number, position: Position): void => {
  for (const char of scan.text.slice(scan.at, end)) if (char === HOLE) scan.positions.push(position);
  scan.at = end;
};

/** Each hole up to the end has this position. */
export const placeRest = <Position>(scan: HoleScan<Position>, position: Position): void => placeAll(scan, scan.text.length, position);
