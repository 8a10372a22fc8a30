/** Tells a person what goes on; the numbers go to standard output. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Something that must hold for the number to mean anything did not. */
export class BenchFailure extends Error {
  override name = 'BenchFailure';
}

/** @throws BenchFailure */
export function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new BenchFailure(message);
}
