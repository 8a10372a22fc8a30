const ONLY_SOURCE = /\n +FROM (?<source>"?\w+"?(?: "?\w+"?)?)(?:\n(?! +(?:\w+ )?JOIN\b)|;?$)/g;

/**
 * One spelling for all versions of the server: Postgres 15 writes `jobs.status` in a view of the one table `jobs`, later ones `status`. With a second
 * table all versions write the prefix, and it stays.
 */
export const normaliseView = (definition: string): string => {
  const sources = [...definition.matchAll(ONLY_SOURCE)];
  const source = sources[0]?.groups?.['source'];
  if (sources.length !== 1 || source === undefined || definition.match(/\n *FROM /g)?.length !== 1) return definition.trim();
  const name = source.split(' ').at(-1);
  return definition.replaceAll(new RegExp(`(?<![\\w."'])${name}\\.(?=[a-z_"])`, 'g'), '').trim();
};
