import { InvalidArgumentError, Option } from 'commander';

/** Parser of an option that is a whole number of at least one. @throws InvalidArgumentError */
export const parseCount = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number, at least 1.');
  return number;
};

/** Parser of an option that may be given several times. */
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** `--limit N` of a list. */
export const limitOption = (most: number): Option => new Option('--limit <n>', 'show at most so many').argParser(parseCount).default(most);
